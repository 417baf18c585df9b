import { MemoryStore } from "../../lib/cas/memory_store.ts";
import { testStore } from "./store_suite.ts";

testStore("MemoryStore", () =>
  Promise.resolve({
    store: new MemoryStore(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));
