/** Names of broadcasts and tracks as names of directories. */

/** Longest encoded name in bytes: file systems allow 255. */
const MAX_LENGTH = 200;

/**
 * Encodes the name of a broadcast or track for use as a directory's name: percent-encoding to
 * `[A-Za-z0-9._-]`, never with a leading dot, so that "." and ".." and hidden files cannot come of it.
 *
 * @throws {TypeError} if the name is empty, too long, or has control characters or half characters.
 */
export function encodeName(name: string): string {
  if (name === "") throw new TypeError("Cannot encode name: it is empty");
  if (!name.isWellFormed()) throw new TypeError("Cannot encode name: it is not valid Unicode");
  if (/\p{Cc}/u.test(name)) throw new TypeError("Cannot encode name: it has control characters");
  const encoded = encodeURIComponent(name).replace(/^\.|[!~*'()]/g, percentEncode);
  if (encoded.length > MAX_LENGTH) {
    throw new TypeError(
      `Cannot encode name: it takes ${encoded.length} bytes, and ${MAX_LENGTH} are allowed`,
    );
  }
  return encoded;
}

/**
 * The name that {@linkcode encodeName} made `text` of.
 *
 * @throws {TypeError} if it did not: the directory is not one of a manifest.
 */
export function decodeName(text: string): string {
  const name = decode(text);
  if (name === "" || encodeName(name) !== text) {
    throw new TypeError(`Cannot decode name: ${JSON.stringify(text)} is not an encoded name`);
  }
  return name;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
