/** Verified fixes that nobody asked for: where they belong now, and which are not wanted. */

import type { WireFileEdits, WireFix } from "./protocol";
import { rebase, type LineChange } from "./textEdits";

export interface OfferedFix {
  readonly folderUri: string;
  readonly uri: string;
  /** Zero-based; of the light bulb and the hint. */
  readonly line: number;
  readonly nodeIds: readonly string[];
  readonly fix: WireFix;
  /** When it came; its edits are for the documents as they were then, or as `changed` has moved them since. */
  readonly offeredAtMs: number;
}

export class OfferedFixes {
  private readonly offers = new Map<string, OfferedFix>();
  private readonly dismissed = new Set<string>();

  get all(): readonly OfferedFix[] {
    return [...this.offers.values()];
  }

  /** Takes an offer; returns whether it is to be shown. A newer fix for a test takes the place of the older one. */
  add(offer: OfferedFix): boolean {
    if (this.dismissed.has(offer.fix.diff)) {
      return false;
    }
    for (const { fix, nodeIds } of this.all) {
      if (nodeIds.some((nodeId) => offer.nodeIds.includes(nodeId))) {
        this.offers.delete(fix.fixId);
      }
    }
    this.offers.set(offer.fix.fixId, offer);
    return true;
  }

  get(fixId: string): OfferedFix | undefined {
    return this.offers.get(fixId);
  }

  at(uri: string, line: number): readonly OfferedFix[] {
    return this.all.filter((offer) => offer.uri === uri && offer.line === line);
  }

  /** Takes an offer away; returns it if it was there. */
  remove(fixId: string): OfferedFix | undefined {
    const offer = this.offers.get(fixId);
    this.offers.delete(fixId);
    return offer;
  }

  /** Takes an offer away for good: the same change is not offered again in this window. */
  dismiss(fixId: string): OfferedFix | undefined {
    const offer = this.remove(fixId);
    if (offer !== undefined) {
      this.dismissed.add(offer.fix.diff);
    }
    return offer;
  }

  /** Moves offers along with changes of a document; returns those that no longer fit, which are taken away. */
  changed(uri: string, version: number, changes: readonly LineChange[]): readonly OfferedFix[] {
    const gone: OfferedFix[] = [];
    for (const offer of this.all) {
      if (offer.uri !== uri && !offer.fix.edits.some((file) => file.uri === uri)) {
        continue;
      }
      const moved = moveOffer(offer, uri, version, changes);
      if (moved === undefined) {
        this.offers.delete(offer.fix.fixId);
        gone.push(offer);
      } else {
        this.offers.set(offer.fix.fixId, moved);
      }
    }
    return gone;
  }
}

function moveOffer(offer: OfferedFix, uri: string, version: number, changes: readonly LineChange[]): OfferedFix | undefined {
  const files: WireFileEdits[] = [];
  for (const file of offer.fix.edits) {
    const edits = file.uri === uri ? rebase(file.edits, changes) : file.edits;
    if (edits === undefined) {
      return undefined;
    }
    files.push(file.uri === uri ? { ...file, version, edits } : file);
  }
  const line = offer.uri === uri ? movedLine(offer.line, changes) : offer.line;
  return line === undefined ? undefined : { ...offer, line, fix: { ...offer.fix, edits: files } };
}

function movedLine(line: number, changes: readonly LineChange[]): number | undefined {
  const start = { line, character: 0 };
  const [moved] = rebase([{ range: { start, end: start }, newText: "" }], changes) ?? [];
  return moved?.range.start.line;
}
