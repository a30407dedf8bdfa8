/** The frame of the Insights page in the editor. */

export interface PageResources {
  readonly script: string;
  readonly style: string;
  /** Where the editor serves an extension's files from. */
  readonly cspSource: string;
  readonly nonce: string;
}

/** Returns a document that runs our script and our style sheet and can load nothing else. */
export function insightsHtml({ script, style, cspSource, nonce }: PageResources): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Insights</title>
</head>
<body>
<main id="insights"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
