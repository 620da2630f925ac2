import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` alone on the last line: the form that CI counts. A file that cannot load fails. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        if (state === "failed" || state === "pending") failed++;
      }
      if (module.errors().length > 0) failed++;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
