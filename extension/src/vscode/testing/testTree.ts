import * as vscode from "vscode";

import { covers, treeOf, type TestNode } from "../../pure/nodeIds";
import type { WireTest } from "../../pure/protocol";

/** What a row of the Testing view stands for. */
export interface KnownTest {
  readonly folderUri: string;
  readonly nodeId: string;
  readonly uri: string;
}

/** The rows of our part of the Testing view: files with their classes, functions and cases. */
export class TestTree {
  private readonly known = new WeakMap<vscode.TestItem, KnownTest>();

  constructor(private readonly controller: vscode.TestController) {}

  get isEmpty(): boolean {
    return this.roots.every((item) => this.known.get(item) === undefined);
  }

  get roots(): readonly vscode.TestItem[] {
    return [...this.controller.items].map(([, item]) => item);
  }

  /** Returns what a row stands for; undefined for another controller's, and for one that only says something. */
  knownOf(item: vscode.TestItem): KnownTest | undefined {
    return this.known.get(item);
  }

  /** Puts the tests of a folder in place of those that were known. */
  replaceAll(folderUri: string, tests: readonly WireTest[]): void {
    this.forgetFolder(folderUri);
    for (const file of treeOf(tests)) {
      this.controller.items.add(this.itemOf(folderUri, file));
    }
  }

  /** Puts the tests of some files in place of those that were known in them. */
  replaceFiles(folderUri: string, uris: readonly string[], tests: readonly WireTest[]): void {
    for (const uri of uris) {
      this.removeFile(uri);
    }
    for (const file of treeOf(tests)) {
      this.controller.items.add(this.itemOf(folderUri, file));
    }
  }

  removeFile(uri: string): void {
    this.fileItem(uri).forEach(({ id }) => {
      this.controller.items.delete(id);
    });
  }

  hasFile(uri: string): boolean {
    return this.fileItem(uri).length > 0;
  }

  /** Says in place of tests why there are none. */
  tell(folderUri: string, label: string, words: string): void {
    const item = this.controller.createTestItem(`${folderUri} ?`, label);
    item.error = words;
    this.controller.items.add(item);
  }

  /** Takes back what was said. */
  clearTold(folderUri: string): void {
    this.controller.items.delete(`${folderUri} ?`);
  }

  find(folderUri: string, nodeId: string): vscode.TestItem | undefined {
    const search = (items: readonly vscode.TestItem[]): vscode.TestItem | undefined => {
      for (const item of items) {
        const test = this.known.get(item);
        if (test?.folderUri !== folderUri || !covers(test.nodeId, nodeId)) {
          continue;
        }
        return test.nodeId === nodeId ? item : search(childrenOf(item));
      }
      return undefined;
    };
    return search(this.roots);
  }

  /** Returns the single tests at and below a row. */
  leavesOf(item: vscode.TestItem): readonly vscode.TestItem[] {
    const children = childrenOf(item);
    return children.length > 0 ? children.flatMap((child) => this.leavesOf(child)) : this.known.has(item) ? [item] : [];
  }

  private forgetFolder(folderUri: string): void {
    this.clearTold(folderUri);
    for (const item of this.roots) {
      if (this.known.get(item)?.folderUri === folderUri) {
        this.controller.items.delete(item.id);
      }
    }
  }

  private fileItem(uri: string): readonly vscode.TestItem[] {
    return this.roots.filter((item) => this.known.get(item)?.uri === uri);
  }

  private itemOf(folderUri: string, node: TestNode): vscode.TestItem {
    const uri = vscode.Uri.parse(node.uri);
    const isFile = !node.nodeId.includes("::");
    const item = this.controller.createTestItem(`${folderUri} ${node.nodeId}`, isFile ? vscode.workspace.asRelativePath(uri) : node.label, uri);
    if (node.line !== undefined) {
      item.range = new vscode.Range(node.line, 0, node.line, 0);
    }
    item.children.replace(node.children.map((child) => this.itemOf(folderUri, child)));
    this.known.set(item, { folderUri, nodeId: node.nodeId, uri: uri.toString() });
    return item;
  }
}

export function childrenOf(item: vscode.TestItem): readonly vscode.TestItem[] {
  return [...item.children].map(([, child]) => child);
}
