import type { Reporter, TestModule } from "vitest/node";

/**
 * Prints what failed, a line of name and cause each, then `N passed, N failed` alone on the last line: the form that
 * CI counts. A file that cannot load fails.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    const failures = unhandled.map((error) => `outside of any test: ${cause(error)}`);
    for (const module of modules) {
      const file = module.relativeModuleId;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed") passed++;
        if (state === "failed" || state === "pending")
          failures.push(`${file} > ${test.fullName}: ${cause(errors?.[0])}`);
      }
      const [error] = module.errors();
      if (error !== undefined) failures.push(`${file}: ${cause(error)}`);
    }
    const told = failures.map((failure) => `failed: ${failure}\n`).join("");
    process.stdout.write(`\n${told}${passed} passed, ${failures.length} failed\n`);
  }
}

/** One line: what a test threw and where, as far as it says so. */
function cause(error: unknown): string {
  if (typeof error !== "object" || error === null) return "no error told";
  const { message, stacks } = error as { message?: string; stacks?: { file: string; line: number }[] };
  const [place] = stacks ?? [];
  const said = (message ?? "no message").replace(/\s+/g, " ").slice(0, 300);
  return place === undefined ? said : `${said} (${place.file.split("/").pop()}:${place.line})`;
}
