import { assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../helpers/capabilities.ts";

Deno.test("Future.then() passes the Promises/A+ suite", async () => {
  needs("programs", "useStrict");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tests/future/promises_aplus.ts"],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  assertEquals(code, 0, output + decoder.decode(stderr));
  assertStringIncludes(output, "872 passing");
});
