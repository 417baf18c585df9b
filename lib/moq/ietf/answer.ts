import type { ByteWriter } from "../byte_writer.ts";
import { notFoundCode, uninterestedCode } from "./error_code.ts";
import { encodeMessage, type Message } from "./message.ts";
import { MessageType } from "./message_type.ts";
import { decodeNamespace, encodeNamespace } from "./namespace.ts";
import type { IetfVersion } from "./version.ts";

/** What we say to a request of the peer. */
export interface Answer {
  /** The request's id; draft 07's announcements have none. */
  id?: number;
  /** The namespace announced, if that is what the peer did. */
  namespace?: string;
  /** The message to send. */
  bytes: Uint8Array;
  /** Whether it says no, after which nothing more is said. */
  refused?: boolean;
}

/**
 * Makes the answer of a subscriber, which has nothing to publish and chooses its tracks itself.
 *
 * @returns The answer; undefined for messages that are no requests.
 */
export function answerRequest(
  version: IetfVersion,
  { type, body }: Message,
): Answer | undefined {
  if (!REQUESTS.has(type)) return undefined;
  if (version === 7) return answerDraft07({ type, body });
  const id = body.varint();
  if (version === 17) body.skipVarint();
  const subject = (writer: ByteWriter) => void (version < 17 && writer.varint(id));
  const accept = (acceptType: number): Uint8Array =>
    encodeMessage(version, version >= 16 ? MessageType.requestOk : acceptType, (writer) => {
      subject(writer);
      if (version >= 16) writer.varint(0);
    });
  const refuse = (errorType: number, code: number, reason: string): Uint8Array =>
    encodeMessage(version, version >= 16 ? MessageType.requestError : errorType, (writer) => {
      subject(writer);
      writer.varint(code);
      // From draft 16 on, when to try again: never.
      if (version >= 16) writer.varint(0);
      writer.string(reason);
    });
  switch (type) {
    case MessageType.publishNamespace: {
      const namespace = decodeNamespace(body);
      return { id, namespace, bytes: accept(MessageType.requestOk) };
    }
    case MessageType.subscribeNamespace:
    case MessageType.subscribeNamespace18:
    case MessageType.subscribeTracks:
      return { id, bytes: accept(MessageType.subscribeNamespaceOk) };
    case MessageType.publish:
      return {
        id,
        refused: true,
        bytes: refuse(MessageType.publishError, uninterestedCode(version), "not asked for"),
      };
    default: {
      const errorType = type === MessageType.fetch
        ? MessageType.fetchError
        : type === MessageType.trackStatus
        ? MessageType.trackStatusError
        : MessageType.requestError;
      const bytes = refuse(errorType, notFoundCode(version), "nothing published here");
      return { id, refused: true, bytes };
    }
  }
}

/** Draft 07 has ids for subscriptions only; what it announces or asks about goes by its name. */
function answerDraft07({ type, body }: Message): Answer | undefined {
  switch (type) {
    case MessageType.publishNamespace: {
      const namespace = decodeNamespace(body);
      const bytes = encodeMessage(7, MessageType.requestOk, (writer) => {
        encodeNamespace(writer, namespace);
      });
      return { namespace, bytes };
    }
    case MessageType.subscribeNamespace: {
      const prefix = decodeNamespace(body);
      const bytes = encodeMessage(7, MessageType.subscribeNamespaceOk, (writer) => {
        encodeNamespace(writer, prefix);
      });
      return { bytes };
    }
    case MessageType.subscribe: {
      const id = body.varint();
      const alias = body.varint();
      const bytes = encodeMessage(7, MessageType.requestError, (writer) => {
        writer.varint(id).varint(notFoundCode(7)).string("nothing published here").varint(alias);
      });
      return { id, bytes };
    }
    default:
      return undefined;
  }
}

const REQUESTS: ReadonlySet<number> = new Set([
  MessageType.subscribe,
  MessageType.publishNamespace,
  MessageType.trackStatus,
  MessageType.subscribeNamespace,
  MessageType.fetch,
  MessageType.publish,
  MessageType.subscribeNamespace18,
  MessageType.subscribeTracks,
]);
