import Glibc
import HTTPMessages
import HostileInput
import JSON
import LambdaRuntime
import WebApplication

// What a byte of input costs, of ordinary JSON and of JSON made to be expensive. Prints a table; fails where the figure is
// missed, so that no eye has to read it.

/// At most so many times what a byte of ordinary JSON costs.
let ratioMax = 5.0
/// At most so many times at 1 MiB what a byte costs at 64 KiB: caches and the kernel's pages double it at times, and a quadratic cost
/// would make it 16.
let growthMax = 4.0

/// Fills `byteCount` with repetitions of a part, each with its number.
func repeated(_ byteCount: Int, from open: String, to close: String, _ part: (Int) -> String) -> [UInt8] {
    var text = Array(open.utf8)
    var number = 0
    while true {
        let next = Array(((number == 0 ? "" : ",") + part(number)).utf8)
        guard number == 0 || text.count + next.count + close.utf8.count <= byteCount else { break }
        text += next
        number += 1
    }
    return text + close.utf8
}

let nested = (open: String(repeating: "[", count: 30), close: String(repeating: "]", count: 30))
let inputs: [(name: String, text: (Int) -> [UInt8])] = [
    (
        "ordinary: order lines",
        { repeated($0, from: #"{"items":["#, to: "]}") { #"{"product_id":\#($0),"qty":2,"note":"as last time"}"# } }
    ),
    ("one plain text", { Array(#"{"a":"\#(String(repeating: "a", count: $0 - 8))"}"#.utf8) }),
    (
        "two names of marks",
        { byteCount in
            let marks = (0..<2).map { HostileText.marks(byteCount: byteCount / 2 - 16, number: $0) }
            return Array(#"{"\#(marks[0])":1,"\#(marks[1])":2}"#.utf8)
        }
    ),
    (
        "names of 4 KiB of marks",
        { repeated($0, from: "{", to: "}") { #""\#(HostileText.marks(byteCount: 4096, number: $0))":1"# } }
    ),
    (
        "names of 64 bytes of marks",
        { repeated($0, from: "{", to: "}") { #""\#(HostileText.marks(byteCount: 64, number: $0))":1"# } }
    ),
    ("text of marks", { Array(#"{"a":"\#(HostileText.marks(byteCount: $0 - 8))"}"#.utf8) }),
    ("deep", { repeated($0, from: #"{"a":["#, to: "]}") { _ in nested.open + nested.close } }),
    ("wide: short names", { repeated($0, from: "{", to: "}") { #""\#(String($0, radix: 36))":0"# } }),
    ("wide: empty objects", { repeated($0, from: #"{"a":["#, to: "]}") { _ in "{}" } }),
    ("wide: digits", { repeated($0, from: #"{"a":["#, to: "]}") { _ in "1" } }),
    ("one long number", { Array(#"{"a":\#(String(repeating: "9", count: $0 - 6))}"#.utf8) }),
    (
        "numbers with exponents",
        { repeated($0, from: #"{"a":["#, to: "]}") { _ in "-123456789.000000000000000001e-9999999" } }
    ),
    ("escapes", { Array(#"{"a":"\#(String(repeating: #"\n"#, count: $0 / 2 - 4))"}"#.utf8) }),
    ("escapes of marks", { Array(#"{"a":"\#(String(repeating: #"\u0301\u0316"#, count: $0 / 12 - 1))"}"#.utf8) }),
    ("names of escapes", { repeated($0, from: "{", to: "}") { #""\u0301\u0316\u0061\#($0)":1"# } }),
]

func threadNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// All that is done with a body before an operation knows what it wants: read, its members asked for, its fingerprint's text.
func readAsBody(_ bytes: [UInt8]) {
    guard let object = try? Request(.post, "/", body: bytes).jsonObject() else { preconditionFailure("not JSON") }
    var reader = BodyReader(object)
    for name in ["customer_id", "idempotency_key", "correlation_id"] { _ = reader.optional(name, .text(length: 1...9)) }
    _ = reader.required("items", .objects(count: 1...200))
    _ = JSONWriter.bytes(of: JSONValue.object(object).canonical)
}

func readAsEvent(_ bytes: [UInt8]) { _ = try? LambdaEvent(bytes) }

/// The medians of seven, in nanoseconds of CPU a byte, of an input and of ordinary JSON of its size, in turns: what else the machine does
/// slows both.
func measure(_ bytes: [UInt8], beside ordinary: [UInt8], _ read: ([UInt8]) -> Void) -> (input: Double, ordinary: Double)
{
    func cost(_ bytes: [UInt8]) -> Double {
        let start = threadNanoseconds()
        read(bytes)
        return (threadNanoseconds() - start) / Double(bytes.count)
    }
    let rounds = (0..<7).map { _ in (input: cost(bytes), ordinary: cost(ordinary)) }
    return (rounds.map(\.input).sorted()[3], rounds.map(\.ordinary).sorted()[3])
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
}

func rounded(_ number: Double) -> String {
    let hundredths = Int((number * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}

let sizes = [64, 128, 256, 512, 1024]
var isMissed = false
for (kind, read) in [("body", readAsBody), ("event", readAsEvent)] {
    print("\nAs \(kind == "body" ? "a body" : "an event"): nanoseconds of CPU a byte")
    print(padded("", 28) + sizes.map { padded("\($0) KiB", 10) }.joined() + "× ordinary  growth")
    for input in inputs {
        let pairs = sizes.map { measure(input.text($0 << 10), beside: inputs[0].text($0 << 10), read) }
        let costs = pairs.map(\.input)
        let ratio = pairs.map { $0.input / $0.ordinary }.sorted()[sizes.count / 2]
        let growth = costs[costs.count - 1] / costs[0]
        if ratio > ratioMax || growth > growthMax { isMissed = true }
        print(
            padded(input.name, 28) + costs.map { padded(rounded($0), 10) }.joined() + padded(rounded(ratio), 12)
                + rounded(growth))
    }
}
print("\nlimit: \(ratioMax) times ordinary, \(growthMax) times from 64 KiB to 1 MiB: \(isMissed ? "MISSED" : "held")")
exit(isMissed ? 1 : 0)
