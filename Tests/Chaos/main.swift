import Components
import Concurrency
import Foundation
import SystemTesting

// Before any thread is started: each inherits it.
ProcessSignal.block(ProcessSignal.termination)

/// What the tool can do, by the option that asks for it.
let runs: [Run] = [
    Run(option: "--storm", purpose: "orders while everything is killed and cut off (the default)") {
        try Storm($0).run()
    },
    Run(option: "--events", purpose: "the storm, with the Notifier, endpoints that fail, and a broker") {
        try Storm($0, hearsEvents: true).run()
    },
    Run(option: "--async", purpose: "asynchronous orders in a storm that meets payments and workers, too") {
        try AsyncStorm($0).run()
    },
    Run(
        option: "--enumerate-async", purpose: "a fault at every point of an asynchronous order's way (debug build only)"
    ) {
        try AsyncEnumeration(seed: $0.seed, points: $0.points).run()
    },
    Run(option: "--enumerate-events", purpose: "a fault at every point of an event's way (debug build only)") {
        try EventEnumeration(seed: $0.seed).run()
    },
    Run(option: "--enumerate", purpose: "a fault at every point of an order's way (debug build only)") {
        try Enumeration(pairs: $0.hasPairs, seed: $0.seed, points: $0.points).run()
    },
    Run(option: "--duplicates", purpose: "many copies of each request under one key, at once") {
        try Duplicates(seed: $0.seed).run()
    },
    Run(option: "--hot-products", purpose: "a race for the last pieces") { try HotProducts(seed: $0.seed).run() },
    Run(option: "--cursors", purpose: "walks through every list while its rows change") {
        try CursorWalk(seed: $0.seed).run()
    },
    Run(option: "--silence", purpose: "requests with deadlines while the database says nothing") {
        try SilentDatabase(seed: $0.seed).run()
    },
    Run(option: "--clocks", purpose: "known keys and fresh orders at instances with wrong clocks") { _ in
        try WrongClocks().run()
    },
    Run(option: "--outage", purpose: "orders and reads while the Customers API fails in every way") {
        try DependencyOutage(seed: $0.seed).run()
    },
    Run(option: "--cluster", purpose: "orders while nodes of a Galera cluster fall silent and are killed") {
        try ClusterOutages(seed: $0.seed).run()
    },
    Run(
        option: "--rolling",
        purpose: "orders, none of them repeated, while each of two instances of each service restarts"
    ) {
        try RollingRestart(seed: $0.seed).run()
    },
    Run(option: "--lists", purpose: "pages and searches of a million rows; takes minutes") {
        try Lists(rowCount: $0.rows, seed: $0.seed).run()
    },
]

do {
    let options = try Options(CommandLine.arguments.dropFirst(), runs: runs)
    // Ctrl-C must leave nothing behind. The database ends with this process, the services do not.
    Foundation.Thread.detachNewThread {
        _ = ProcessSignal.wait(for: ProcessSignal.termination)
        ServiceProcess.killAll()
        // For one that was just being started.
        Concurrency.Thread.sleep(milliseconds: 500)
        ServiceProcess.killAll()
        exit(130)
    }
    guard !options.isHelpAsked else {
        print(Options.help(runs), terminator: "")
        exit(0)
    }
    exit(try options.run.body(options) ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("chaos: \(error)\n".utf8))
    exit(error is Options.Mistake ? 2 : 1)
}
