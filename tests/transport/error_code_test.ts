import { assertEquals, assertThrows } from "@std/assert";
import { fromHttp3, toHttp3 } from "../../lib/transport/error_code.ts";

Deno.test("toHttp3() maps the ends of the range to those of HTTP/3's", () => {
  assertEquals(toHttp3(0), 0x52e4a40fa8db);
  assertEquals(toHttp3(0xffffffff), 0x52e5ac983162);
});

Deno.test("toHttp3() leaves the reserved code points out", () => {
  // 0x52e4a40fa8f9 is 0x1f * N + 0x21.
  assertEquals(toHttp3(0x1d), 0x52e4a40fa8f8);
  assertEquals(toHttp3(0x1e), 0x52e4a40fa8fa);
});

Deno.test("toHttp3() throws on what is not an unsigned 32-bit integer", () => {
  for (const code of [-1, 0x100000000, 1.5, NaN]) {
    assertThrows(() => toHttp3(code), RangeError, `${code}`);
  }
});

Deno.test("fromHttp3() reverses toHttp3()", () => {
  for (let code = 0; code < 1000; ++code) assertEquals(fromHttp3(toHttp3(code)), code);
  for (const code of [0x7fffffff, 0xfffffffe, 0xffffffff]) {
    assertEquals(fromHttp3(toHttp3(code)), code);
  }
});

Deno.test("fromHttp3() knows no code for HTTP/3's own and reserved ones", () => {
  for (const code of [0, 0x100, 0x52e4a40fa8da, 0x52e4a40fa8f9, 0x52e5ac983163, 2 ** 62]) {
    assertEquals(fromHttp3(code), undefined);
  }
});
