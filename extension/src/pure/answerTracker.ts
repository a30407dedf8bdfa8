/**
 * Follows all suggestions of one answer: the first, which the editor shows, and the others, which the user may cycle to.
 *
 * The stable API of VS Code does not tell to which one the user has cycled. So the first counts as seen, and of the others
 * only what takes their text counts: `accepted`, `partly_accepted` and `undone`. All else about them is `superseded`, which
 * judges nothing, or nothing at all; and so is the first one's end where another of them goes on or was taken.
 */

import {
  SuggestionTracker,
  type ChangeOrigin,
  type Continuation,
  type Offer,
  type TextChange,
  type TrackedOutcome,
  type TrackerOptions,
} from "./suggestionTracker";

export class AnswerTracker {
  /** The first follows what is shown, each other one an alternative; they are kept for what may follow an accept. */
  private readonly trackers: SuggestionTracker[] = [];
  private readonly alternatives = new Set<string>();
  /** Of the latest answer, each by its id. */
  private latest = new Set<string>();
  private buffer: TrackedOutcome[] | undefined;
  private wasLive = false;

  constructor(private readonly options: TrackerOptions) {}

  /** Takes the suggestions that the editor is about to show, best first; they replace the live ones. */
  offer(offers: readonly Offer[]): void {
    this.leave();
    const [first, ...others] = offers;
    if (first !== undefined) {
      this.latest = new Set([first.id]);
      this.tracker(0).offer(first);
      this.addAlternatives(others);
    }
  }

  /** Takes more suggestions for the place of the live ones; those whose text is there already are left out. */
  addAlternatives(offers: readonly Offer[]): void {
    for (const offer of offers) {
      const known = this.continueAt(offer.uri, offer.offset);
      if (known.length > 0 && known.every(({ text }) => text !== offer.text)) {
        this.alternatives.add(offer.id);
        this.latest.add(offer.id);
        this.tracker(this.firstFree()).offer(offer);
      }
    }
  }

  /** Takes a suggestion that goes on from the live one, which it then replaces; returns whether it does. */
  offerLonger(offer: Offer): boolean {
    const live = this.continueAt(offer.uri, offer.offset);
    const [first] = live;
    const isLonger = first !== undefined && live.length === 1 && offer.text.length > first.text.length && offer.text.startsWith(first.text);
    if (isLonger) {
      this.offer([offer]);
    }
    return isLonger;
  }

  /** Returns what is left of the live suggestions if they are for this place, the one on display first. */
  continueAt(uri: string, offset: number): readonly Continuation[] {
    return this.trackers.flatMap((tracker) => tracker.continueAt(uri, offset) ?? []);
  }

  documentChanged(uri: string, changes: readonly TextChange[], origin: ChangeOrigin): void {
    this.together((tracker) => {
      tracker.documentChanged(uri, changes, origin);
    });
  }

  cursorMoved(uri: string, offset: number | undefined): void {
    this.together((tracker) => {
      tracker.cursorMoved(uri, offset);
    });
  }

  /** Takes the accept command of a suggestion; the others of its answer end with it. */
  accepted(id: string): void {
    for (const tracker of this.trackers) {
      tracker.accepted(id);
    }
    if (this.latest.has(id)) {
      this.leave();
    }
  }

  rejected(): void {
    for (const tracker of this.trackers) {
      tracker.rejected();
    }
  }

  leave(uri?: string): void {
    for (const tracker of this.trackers) {
      tracker.leave(uri);
    }
  }

  dispose(): void {
    for (const tracker of this.trackers) {
      tracker.dispose();
    }
  }

  private tracker(index: number): SuggestionTracker {
    const known = this.trackers[index];
    if (known !== undefined) {
      return known;
    }
    const tracker = new SuggestionTracker({
      clock: this.options.clock,
      report: (outcome) => {
        this.take(outcome);
      },
      onLiveChanged: () => {
        this.tellLive();
      },
    });
    this.trackers.push(tracker);
    return tracker;
  }

  private firstFree(): number {
    const index = this.trackers.findIndex((tracker, at) => at > 0 && tracker.liveId === undefined);
    return index < 0 ? this.trackers.length : index;
  }

  private tellLive(): void {
    const isLive = this.trackers.some((tracker) => tracker.liveId !== undefined);
    if (isLive !== this.wasLive) {
      this.wasLive = isLive;
      this.options.onLiveChanged(isLive);
    }
  }

  /** Passes one event to all, then reports what it means for them together. */
  private together(pass: (tracker: SuggestionTracker) => void): void {
    const before = this.trackers.flatMap(({ liveId }) => liveId ?? []);
    const buffer: TrackedOutcome[] = [];
    this.buffer = buffer;
    this.trackers.forEach(pass);
    this.buffer = undefined;
    const ended = new Set(buffer.filter(isDisagreement).map(({ suggestionId }) => suggestionId));
    const [agreeing] = before.filter((id) => !ended.has(id));
    for (const outcome of buffer) {
      const isOfAnother = agreeing !== undefined && outcome.suggestionId !== agreeing;
      if (isOfAnother && isDisagreement(outcome)) {
        this.report({ ...outcome, kind: "superseded" });
      } else if (!isOfAnother || outcome.kind !== "partly_accepted") {
        this.report(outcome);
      }
    }
  }

  private take(outcome: TrackedOutcome): void {
    if (this.buffer === undefined) {
      this.report(outcome);
    } else {
      this.buffer.push(outcome);
    }
  }

  private report(outcome: TrackedOutcome): void {
    if (!this.alternatives.has(outcome.suggestionId)) {
      this.options.report(outcome);
      return;
    }
    switch (outcome.kind) {
      case "accepted":
      case "partly_accepted":
      case "undone":
      case "superseded":
        this.options.report(outcome);
        return;
      case "shown":
        return;
      case "typed_through":
      case "rejected":
      case "ignored":
        this.options.report({ ...outcome, kind: "superseded" });
    }
  }
}

function isDisagreement({ kind }: TrackedOutcome): boolean {
  return kind === "ignored" || kind === "superseded";
}
