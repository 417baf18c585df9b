/** Reading of groups in tests. */

import { assert } from "@std/assert";
import type { DroppedGroups, FramePart, Group, Subscription } from "../../lib/moq/group.ts";

/** A group that was read to its end. */
export interface ReadGroup {
  sequence: number;
  frames: string[];
  timestamps: (number | undefined)[];
}

/** Reads a group to its end. */
export async function readGroup({ sequence, frames }: Group): Promise<ReadGroup> {
  const group: ReadGroup = { sequence, frames: [], timestamps: [] };
  const decoder = new TextDecoder();
  for await (const part of frames as ReadableStream<FramePart>) {
    if (part instanceof Uint8Array) {
      group.frames.push(group.frames.pop()! + decoder.decode(part));
    } else {
      group.frames.push("");
      group.timestamps.push(part.timestamp);
    }
  }
  return group;
}

/** Reads a subscription to its end, the groups of it in the order of their sequence. */
export async function readGroups(subscription: Subscription): Promise<ReadGroup[]> {
  const groups: Promise<ReadGroup>[] = [];
  for await (const item of subscription.groups) {
    assert(isGroup(item));
    groups.push(readGroup(item));
  }
  return (await Promise.all(groups)).sort((a, b) => a.sequence - b.sequence);
}

/** Tells a group from a notice. */
export function isGroup(item: Group | DroppedGroups | undefined): item is Group {
  return item !== undefined && "frames" in item;
}
