import { assertEquals, assertThrows } from "@std/assert";
import { StorageError } from "../../lib/cas/error.ts";
import { assertSeparateRoots } from "../../lib/manifest/roots.ts";
import { TempDir } from "../cas/temp_dir.ts";

/** A directory whose `out` is an output directory, also known as `alias`. */
async function createLayout(): Promise<TempDir> {
  const dir = await TempDir.create();
  await Deno.mkdir(`${dir.path}/out/objects/blake3`, { recursive: true });
  await Deno.symlink(`${dir.path}/out`, `${dir.path}/alias`);
  await Deno.symlink("out/objects/not-yet", `${dir.path}/dangling`);
  await Deno.symlink(`${dir.path}/out/tmp/not-yet`, `${dir.path}/absolute`);
  return dir;
}

Deno.test("assertSeparateRoots() refuses manifests among the objects", async () => {
  await using dir = await createLayout();
  for (
    const manifests of [
      "out/objects",
      "out/objects/",
      "out/objects/manifests",
      "out/objects/blake3/00",
      "out/tmp",
      "out/tmp/not/yet/there",
      "alias/objects",
      "alias/objects/not/yet",
      "alias/tmp",
      "dangling",
      "dangling/below",
      "absolute",
      "not-yet/../out/objects",
    ]
  ) {
    for (const output of ["out", "alias", "out/", "out/objects/.."]) {
      assertThrows(
        () => assertSeparateRoots(`${dir.path}/${output}`, `${dir.path}/${manifests}`),
        TypeError,
        "which belongs to the object store",
        `${manifests} for ${output}`,
      );
    }
  }
});

Deno.test("assertSeparateRoots() accepts manifests anywhere else", async () => {
  await using dir = await createLayout();
  for (
    const manifests of [
      "out",
      "out/manifests",
      "out/objects-of-mine",
      "out/tmpfiles",
      "manifests",
      "alias/manifests",
      "objects",
      "out/objects/../manifests",
      ".",
    ]
  ) {
    assertSeparateRoots(`${dir.path}/out`, `${dir.path}/${manifests}`);
  }
  assertSeparateRoots(`${dir.path}/not/yet`, `${dir.path}/not/manifests`);
});

Deno.test("assertSeparateRoots() resolves paths relative to the working directory", () => {
  assertThrows(() => assertSeparateRoots("ec-out", "./ec-out/objects/m"), TypeError);
  assertThrows(() => assertSeparateRoots(".", `${Deno.cwd()}/objects`), TypeError);
  assertSeparateRoots("ec-out", "ec-manifests");
});

Deno.test("assertSeparateRoots() tells when a path leads nowhere", async () => {
  await using dir = await TempDir.create();
  await Deno.symlink("loop", `${dir.path}/loop`);
  await Deno.writeTextFile(`${dir.path}/file`, "");
  for (const [path, code] of [["loop", "ELOOP"], ["file/below", "ENOTDIR"]] as const) {
    const error = assertThrows(
      () => assertSeparateRoots(dir.path, `${dir.path}/${path}`),
      StorageError,
    );
    assertEquals(error.code, code);
  }
});
