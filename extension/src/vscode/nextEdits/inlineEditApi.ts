/**
 * What is used of VS Code's proposed API `inlineCompletionsAdditions`, as it is in VS Code 1.139.
 *
 * An extension has it only where package.json names it and the user switches it on, with
 * `--enable-proposed-api inkling.inkling` or in `argv.json`. Elsewhere VS Code takes the name out of the manifest that it hands
 * over, writes that to its log, and refuses providers with further members.
 *
 * Source: microsoft/vscode, src/vscode-dts/vscode.proposed.inlineCompletionsAdditions.d.ts.
 */
import * as vscode from "vscode";

const PROPOSAL = "inlineCompletionsAdditions";

/** Tells whether this editor lets the extension show edits as the editor's own. */
export function hasInlineEditApi({ packageJSON }: Pick<vscode.Extension<unknown>, "packageJSON">): boolean {
  const { enabledApiProposals } = packageJSON as { readonly enabledApiProposals?: readonly string[] };
  return enabledApiProposals?.includes(PROPOSAL) === true;
}

/** With `isInlineEdit` its range may be anywhere in the document, over several lines too. */
export interface InlineEditItem extends vscode.InlineCompletionItem {
  isInlineEdit?: boolean;
}

/** `InlineCompletionEndOfLifeReasonKind`. */
export const EndOfLife = { accepted: 0, rejected: 1, ignored: 2 } as const;

export interface EndOfLifeReason {
  readonly kind: number;
}

export interface InlineEditProvider extends vscode.InlineCompletionItemProvider {
  /** Has the editor ask, unless it shows something of another provider. */
  readonly onDidChange: vscode.Event<void>;
  handleDidShowCompletionItem(item: vscode.InlineCompletionItem): void;
  handleEndOfLifetime(item: vscode.InlineCompletionItem, reason: EndOfLifeReason): void;
}

/** Registers a provider; the editor names it by the extension's id, a colon and the group. */
export function registerInlineEditProvider(selector: vscode.DocumentSelector, provider: InlineEditProvider, groupId: string): vscode.Disposable {
  const { languages } = vscode as { readonly languages: { readonly registerInlineCompletionItemProvider: Register } };
  return languages.registerInlineCompletionItemProvider(selector, provider, { groupId });
}

type Register = (
  selector: vscode.DocumentSelector,
  provider: vscode.InlineCompletionItemProvider,
  metadata: { readonly groupId: string },
) => vscode.Disposable;
