import Foundation
import Threading

// Before any thread is started: each inherits it.
TerminationSignal.block()

/// What the tool can do, by the option that asks for it.
let runs: [Run] = [
    Run(option: "--storm", purpose: "orders while everything is killed and cut off (the default)") {
        try Storm($0).run()
    }
]

do {
    let options = try Options(CommandLine.arguments.dropFirst(), runs: runs)
    // Ctrl-C must leave nothing behind: what is started here ends with the process.
    Foundation.Thread.detachNewThread {
        _ = TerminationSignal.wait()
        exit(130)
    }
    guard !options.isHelpAsked else {
        print(Options.help(runs), terminator: "")
        exit(0)
    }
    exit(try options.run.body(options) ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("chaos: \(error)\n".utf8))
    exit(2)
}
