/** pytest's names of tests, such as `tests/test_cart.py::TestTotal::test_two[a-b]`, and the tree that they make. */

import type { WireTest } from "./protocol";

/** What a row of the Testing view stands for. */
export interface TestNode {
  /** pytest's name; running it runs all that is below it. */
  readonly nodeId: string;
  readonly label: string;
  readonly uri: string;
  /** Zero-based; undefined for files and classes, of which pytest says no line. */
  readonly line: number | undefined;
  readonly children: readonly TestNode[];
}

/** Returns the parts of a name: the file, classes and the function, and the parameters where there are any. */
export function splitNodeId(nodeId: string): { readonly path: readonly string[]; readonly parameters: string | undefined } {
  // Parameters may hold anything, `::` included; a file or a class has no bracket in its name.
  const bracket = nodeId.indexOf("[", nodeId.indexOf("::"));
  const hasParameters = nodeId.includes("::") && bracket !== -1 && nodeId.endsWith("]");
  return {
    path: (hasParameters ? nodeId.slice(0, bracket) : nodeId).split("::"),
    parameters: hasParameters ? nodeId.slice(bracket + 1, -1) : undefined,
  };
}

/** Returns the name of the test function in its file, such as `TestTotal::test_two`; parameters are left out. */
export function functionOf(nodeId: string): string {
  return splitNodeId(nodeId).path.slice(1).join("::");
}

/** Returns whether running `above` runs the test `nodeId`. */
export function covers(above: string, nodeId: string): boolean {
  return nodeId === above || nodeId.startsWith(`${above}::`) || nodeId.startsWith(`${above}[`) || nodeId.startsWith(`${above}/`);
}

interface Growing {
  readonly nodeId: string;
  readonly label: string;
  readonly uri: string;
  line: number | undefined;
  readonly children: Map<string, Growing>;
}

/** Returns the files with their classes, functions and cases, in pytest's order. */
export function treeOf(tests: readonly WireTest[]): readonly TestNode[] {
  const files = new Map<string, Growing>();
  for (const { nodeId, uri, line } of tests) {
    const { path, parameters } = splitNodeId(nodeId);
    let level = files;
    let leaf: Growing | undefined;
    path.forEach((label, depth) => {
      leaf = grow(level, path.slice(0, depth + 1).join("::"), label, uri);
      level = leaf.children;
    });
    if (leaf === undefined) {
      continue;
    }
    leaf.line = path.length > 1 ? line : undefined;
    if (parameters !== undefined) {
      grow(level, nodeId, parameters, uri).line = line;
    }
  }
  return [...files.values()].map(grown);
}

function grow(level: Map<string, Growing>, nodeId: string, label: string, uri: string): Growing {
  const known = level.get(nodeId);
  if (known !== undefined) {
    return known;
  }
  const node: Growing = { nodeId, label, uri, line: undefined, children: new Map() };
  level.set(nodeId, node);
  return node;
}

function grown(node: Growing): TestNode {
  return { ...node, children: [...node.children.values()].map(grown) };
}
