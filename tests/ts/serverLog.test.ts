import { expect, it } from "vitest";

import { ServerLog } from "../../extension/src/pure/serverLog";

it("lines have the level that the server gave them, and a traceback that of its heading", () => {
  const log = new ServerLog();
  const lines = [
    "Fatal Python error: something before logging began",
    "2026-11-21 03:02:12,459 INFO inkling.context.worker.process worker=syntax started pid=7",
    "inkling.engine.index.library WARNING part=workspace is built again",
    "2026-11-21 03:02:13,000 ERROR inkling.context.worker.child call=judge failed",
    "Traceback (most recent call last):",
    '  File "judge.py", line 74, in judge',
    "2026-11-21 03:02:14,000 DEBUG inkling.lsp.server silent reason=no_candidate",
  ];
  expect(lines.map((line) => log.levelOf(line))).toEqual(["error", "info", "warn", "error", "error", "error", "debug"]);
});
