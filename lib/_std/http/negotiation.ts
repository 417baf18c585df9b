// @ts-types="./negotiation.d.ts"
export * from "deno-std/http/negotiation.js";
