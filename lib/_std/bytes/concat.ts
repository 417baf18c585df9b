// @ts-types="./concat.d.ts"
export * from "deno-std/bytes/concat.js";
