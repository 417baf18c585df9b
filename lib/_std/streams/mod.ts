// @ts-types="./mod.d.ts"
export * from "deno-std/streams/mod.js";
