import { describe, expect, it } from "vitest";

import type { WireReviewComment } from "../../extension/src/pure/protocol";
import { moveLines, ReviewBoard, type ChangeOfFile, type Lines } from "../../extension/src/pure/reviewBoard";
import { applyEdits, type LineChange } from "../../extension/src/pure/textEdits";
import { COMMENT, RESULT, SUGGESTION, URI } from "./reviewFixture";

const TEXT = "def split(total, parts):\n    # Nobody takes part.\n    if parts < 0:\n        return []\n    return [total // parts]\n";

/** A document that is changed as an editor would, and a board that hears of it. */
class Desk {
  readonly board: ReviewBoard;
  private version = 1;

  constructor(
    comments: readonly WireReviewComment[] = [COMMENT],
    private text = TEXT,
    since: readonly ChangeOfFile[] = [],
  ) {
    this.board = new ReviewBoard({ ...RESULT, comments }, since, (uri, lines) => (uri === URI ? this.read(lines) : undefined));
  }

  change(...changes: readonly LineChange[]): readonly string[] {
    for (const { range, text } of changes) {
      this.text = applyEdits(this.text, [{ range, newText: text }]);
    }
    this.version += 1;
    return this.board.changed({ uri: URI, version: this.version, changes });
  }

  private read({ first, last }: Lines): string {
    return this.text.split("\n").slice(first, last + 1).join("\n");
  }
}

function replaced(start: readonly [number, number], end: readonly [number, number], text: string): LineChange {
  return { range: { start: { line: start[0], character: start[1] }, end: { line: end[0], character: end[1] } }, text };
}

const WITH_SUGGESTION: WireReviewComment = { ...COMMENT, suggestion: SUGGESTION };

describe("comments on a text that is edited", () => {
  it("stay where they are when something below is changed", () => {
    const desk = new Desk();
    expect(desk.change(replaced([4, 0], [4, 0], "    # x\n"))).toEqual([]);
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 2, last: 3 }, isRewritten: false });
  });

  it("move with their lines, their suggestion with them", () => {
    const desk = new Desk([WITH_SUGGESTION]);
    expect(desk.change(replaced([0, 0], [0, 0], "import x\n\n"))).toEqual(["c1"]);
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 4, last: 5 }, isRewritten: false });
    expect(desk.board.get("c1")?.suggestion?.[0]?.edits[0]?.range.start).toEqual({ line: 4, character: 13 });
    desk.change(replaced([1, 0], [2, 0], ""));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 3, last: 4 }, isRewritten: false });
  });

  it("know that their lines were rewritten, and that an undo put them back", () => {
    const desk = new Desk([WITH_SUGGESTION]);
    expect(desk.change(replaced([2, 13], [2, 14], "<="))).toEqual(["c1"]);
    expect(desk.board.get("c1")).toMatchObject({ isRewritten: true, suggestion: undefined });
    expect(desk.change(replaced([2, 13], [2, 15], "<"))).toEqual(["c1"]);
    expect(desk.board.get("c1")?.isRewritten).toBe(false);
  });

  it("are not rewritten by a new line after them or before them", () => {
    const desk = new Desk();
    desk.change(replaced([3, 17], [3, 17], "\n    # after"));
    desk.change(replaced([1, 25], [1, 25], "\n    # before"));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 3, last: 4 }, isRewritten: false });
  });

  it("grow and shrink with what is written among their lines", () => {
    const desk = new Desk();
    desk.change(replaced([3, 0], [3, 0], "        # why\n"));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 2, last: 4 }, isRewritten: true });
    desk.change(replaced([3, 0], [4, 0], ""));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 2, last: 3 }, isRewritten: false });
  });

  it("stay near when their lines go, and say so", () => {
    const desk = new Desk();
    desk.change(replaced([1, 0], [5, 0], ""));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 1, last: 1 }, isRewritten: true });
  });

  it("are brought up to date with what was changed while the review ran", () => {
    const since = [{ uri: URI, version: 2, changes: [replaced([0, 0], [0, 0], "import x\n")] }];
    const desk = new Desk([WITH_SUGGESTION], `import x\n${TEXT}`, since);
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 3, last: 4 }, isRewritten: false });
    expect(desk.board.get("c1")?.suggestion?.[0]?.edits[0]?.range.start.line).toBe(3);
    const rewritten = new Desk([WITH_SUGGESTION], TEXT, [{ uri: URI, version: 2, changes: [replaced([2, 4], [2, 6], "while")] }]);
    expect(rewritten.board.get("c1")).toMatchObject({ isRewritten: true, suggestion: undefined });
  });

  it("on lines that are gone stand at their anchor and are never rewritten", () => {
    const desk = new Desk([{ ...COMMENT, isOnOldSide: true, anchorLine: 1 }]);
    expect(desk.board.get("c1")?.lines).toEqual({ first: 1, last: 1 });
    desk.change(replaced([1, 4], [1, 9], "x"));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 1, last: 1 }, isRewritten: false });
  });

  it("whose lines were others in the reviewed version are rewritten from the first, whatever is done to them", () => {
    const desk = new Desk([{ ...COMMENT, isRewritten: true }]);
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 2, last: 3 }, isRewritten: true });
    desk.change(replaced([0, 0], [0, 0], "import x\n"));
    expect(desk.board.get("c1")).toMatchObject({ lines: { first: 3, last: 4 }, isRewritten: true });
  });

  it("care for their own file alone", () => {
    const desk = new Desk([WITH_SUGGESTION]);
    expect(desk.board.changed({ uri: "file:///ws/b.py", version: 2, changes: [replaced([0, 0], [0, 0], "x\n")] })).toEqual([]);
  });
});

describe("lines", () => {
  it("survive what begins above and ends in them", () => {
    expect(moveLines({ first: 2, last: 4 }, [replaced([1, 0], [2, 0], "")])).toEqual({ first: 1, last: 3 });
    expect(moveLines({ first: 2, last: 4 }, [replaced([1, 0], [3, 0], "x\n")])).toEqual({ first: 1, last: 3 });
    expect(moveLines({ first: 2, last: 4 }, [replaced([3, 2], [6, 0], "x\ny\n")])).toEqual({ first: 2, last: 5 });
  });
});

describe("the board", () => {
  it("knows the open comments at the cursor", () => {
    const far: WireReviewComment = { ...COMMENT, commentId: "far", range: { start: { line: 40, character: 0 }, end: { line: 41, character: 0 } } };
    const { board } = new Desk([far, COMMENT]);
    const at = (line: number) => board.at(URI, line).map(({ comment }) => comment.commentId);
    expect([at(1), at(2), at(3), at(4), at(40)]).toEqual([[], ["c1"], ["c1"], [], ["far"]]);
    expect(board.at("file:///ws/b.py", 3)).toEqual([]);
    board.setDone("c1");
    expect(at(3)).toEqual([]);
  });

  it("takes what is closed from the server", () => {
    const { board } = new Desk([COMMENT, { ...COMMENT, commentId: "c2" }]);
    expect(board.setClosed(["c1"])).toEqual(["c1"]);
    expect(board.open.map(({ comment }) => comment.commentId)).toEqual(["c2"]);
    expect(board.setClosed(["c2"])).toEqual(["c1", "c2"]);
    expect(board.open.map(({ comment }) => comment.commentId)).toEqual(["c1"]);
  });

  it("keeps a comment away whose suggestion was applied, whatever else is closed and opened again", () => {
    const { board } = new Desk([WITH_SUGGESTION, { ...COMMENT, commentId: "c2" }]);
    board.setDone("c1");
    board.setClosed(["c2"]);
    expect(board.open).toEqual([]);
    board.setClosed([]);
    expect(board.open.map(({ comment }) => comment.commentId)).toEqual(["c2"]);
  });

  it("brings a comment back as it was before its suggestion was applied", () => {
    const desk = new Desk([WITH_SUGGESTION]);
    const before = desk.board.get("c1");
    desk.change(replaced([2, 13], [2, 14], "<="));
    desk.board.setDone("c1");
    desk.change(replaced([2, 13], [2, 15], "<"));
    expect(desk.board.open).toEqual([]);
    if (before !== undefined) {
      desk.board.restore(before);
    }
    expect(desk.board.open).toEqual([before]);
    expect(before?.suggestion).toEqual(SUGGESTION);
  });

  it("keeps the latest run of a reproduction", () => {
    const { board } = new Desk();
    const run = { verdict: "not_reproduced", message: "", before: "", after: "", output: "", seconds: 1 } as const;
    board.setRun("c1", run);
    board.setRun("unknown", run);
    expect(board.get("c1")?.run).toBe(run);
    expect(board.get("unknown")).toBeUndefined();
  });
});
