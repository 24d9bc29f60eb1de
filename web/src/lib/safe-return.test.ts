import { expect, test } from "vitest";
import { safeReturn } from "./safe-return";

const here = "https://sms.example.com";

test.each([
  ["/portal/traffic?status=failed#x", "/portal/traffic?status=failed#x"],
  [null, "/"],
  ["", "/"],
  ["portal", "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example/x", "/"],
  ["/\t/evil.example", "/"],
  ["https://evil.example/", "/"],
  ["javascript:alert(1)", "/"],
])("back to %s is %s", (to, want) => {
  expect(safeReturn(to, here)).toBe(want);
});
