/// One thing that the tool can do.
struct Run: Sendable {
    let option: String
    /// Completes "runs …" in the help.
    let purpose: String
    /// Prints its figures, and gives whether everything was as promised.
    let body: @Sendable (Options) throws -> Bool
}

/// What the command line asks for.
struct Options: Sendable {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// R1's size.
    private(set) var orders = 10_000
    /// P5's size.
    private(set) var rows = 1_000_000
    /// When to stop asking for more: 10 minutes are several times what 10,000 orders take.
    private(set) var secondsMax = 600
    private(set) var seed = UInt64.random(in: 0...999_999_999)
    /// 24: more than the database connections of a service, fewer than its workers.
    private(set) var clients = 24
    /// Whether an enumeration goes through all ordered pairs of points, too.
    private(set) var hasPairs = false
    /// What the names of an enumeration's cases must contain.
    private(set) var points: String?
    private(set) var run: Run
    private(set) var isHelpAsked = false

    /// - Throws: `Mistake` that names the first thing wrong.
    init(_ arguments: ArraySlice<String>, runs: [Run]) throws {
        guard let first = runs.first else { throw Mistake(description: "There is nothing to run.") }
        run = first
        var rest = arguments
        while let option = rest.popFirst() {
            switch option {
            case "--orders": orders = try Options.number(option, rest.popFirst(), in: 1...1_000_000)
            case "--rows": rows = try Options.number(option, rest.popFirst(), in: 1000...10_000_000)
            case "--seconds-max": secondsMax = try Options.number(option, rest.popFirst(), in: 1...86_400)
            case "--clients": clients = try Options.number(option, rest.popFirst(), in: 1...256)
            case "--seed": seed = UInt64(try Options.number(option, rest.popFirst(), in: 0...Int.max))
            case "--pairs": hasPairs = true
            case "--points": points = try Options.text(option, rest.popFirst())
            case "--help", "-h": isHelpAsked = true
            default:
                guard let asked = runs.first(where: { $0.option == option }) else {
                    throw Mistake(description: "There is no option \(option); --help lists those there are.")
                }
                run = asked
            }
        }
    }

    static func help(_ runs: [Run]) -> String {
        func line(_ option: String, _ purpose: String) -> String {
            "  \(option)\(String(repeating: " ", count: max(1, 20 - option.count)))\(purpose)\n"
        }
        let orders = line("--orders N", "the storm: how many orders (10000)")
        return runs.map { line($0.option, $0.purpose) }.joined() + orders
            + line("--rows N", "the lists: how many customers and orders (1000000)")
            + line("--seconds-max S", "the storm: ask for no more after S seconds (600)")
            + line("--clients N", "the storm: how many clients at once (24)")
            + line("--pairs", "the enumeration: two faults in each order, too; takes minutes")
            + line("--points TEXT", "the enumeration: only cases whose name contains TEXT")
            + line("--seed N", "draw what happens from this number instead of a new one")
            + line("--help", "this text")
    }

    private static func text(_ option: String, _ text: String?) throws -> String {
        guard let text else { throw Mistake(description: "\(option) needs a value.") }
        return text
    }

    private static func number(_ option: String, _ text: String?, in range: ClosedRange<Int>) throws -> Int {
        guard let text, let number = Int(text), range.contains(number) else {
            throw Mistake(
                description:
                    "\(option) needs a number from \(range.lowerBound) to \(range.upperBound), not \(text ?? "nothing")."
            )
        }
        return number
    }
}
