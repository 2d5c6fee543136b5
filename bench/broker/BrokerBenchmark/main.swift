// Publishes for some seconds, in turns with a program in C and with Celery, before one broker of its own, and prints the medians.
//
// Usage: BrokerBenchmark ROUNDS SECONDS C-PROGRAM PYTHON CELERY-SCRIPT
import AMQP
import Concurrency
import Foundation
import RabbitTesting

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
}

/// What is promised: so many times the others' rates.
let ratiosMin = [("C", 0.6), ("Celery", 5.0)]

/// Messages a second over our publisher.
func rateOfPublisher(_ server: RabbitServer, exchange: String, seconds: Int) throws -> Double {
    let publisher = AMQPPublisher(try server.configuration(), exchange: exchange)
    guard publisher.start() else { throw BenchmarkError(description: "no thread") }
    defer { publisher.requestStop() }
    let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
    var count = 0
    var start = Deadline.nowUptimeNanoseconds()
    var end = start + UInt64(seconds) * 1_000_000_000
    while Deadline.nowUptimeNanoseconds() < end {
        var window = PublishWindow()
        for index in 0..<PublishWindow.messagesMax {
            let number = String(count + index)
            let isTaken = window.append(
                AMQPMessage(
                    routingKey: "order.created",
                    messageID: "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - number.utf8.count)
                        + number,
                    type: "order.created", contentType: "application/cloudevents+json", body: body))
            guard isTaken else { throw BenchmarkError(description: "a window does not hold 64 messages of 1 KiB") }
        }
        try publisher.publish(window, by: .after(milliseconds: 10_000))
        if count == 0 {
            // The first one connects.
            start = Deadline.nowUptimeNanoseconds()
            end = start + UInt64(seconds) * 1_000_000_000
        }
        count += PublishWindow.messagesMax
    }
    return Double(count - PublishWindow.messagesMax) / (Double(Deadline.nowUptimeNanoseconds() - start) / 1e9)
}

/// What a program prints: its rate.
func rate(of program: String, _ arguments: [String]) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, let rate = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
        throw BenchmarkError(description: "\(program) failed: \(text)")
    }
    return rate
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// - Returns: each contestant's rates.
func measure(_ rounds: Int, _ seconds: Int, _ reference: String, _ python: String, _ script: String) throws -> [String:
    [Double]]
{
    let server = try RabbitServer.shared.get()
    let pika = PikaClient(server)
    var rates: [String: [Double]] = [:]
    for round in 1...rounds {
        for name in ["C", "AMQPPublisher", "Celery"] {
            let queue = "bench-\(name)-\(round)"
            try pika.declareQueue(queue, exchange: queue, routingKey: "#", arguments: #"{"x-queue-type": "quorum"}"#)
            let found =
                switch name {
                case "C": try rate(of: reference, [String(server.port), queue, String(seconds)])
                case "Celery": try rate(of: python, [script, server.url(), queue, String(seconds)])
                default: try rateOfPublisher(server, exchange: queue, seconds: seconds)
                }
            rates[name, default: []].append(found)
            // What piles up would slow down whoever comes later.
            _ = try pika.run("channel.queue_delete('\(queue)')")
        }
    }
    return rates
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.utf8.count, 0))
}

/// - Returns: whether all promises are kept.
func report(_ rates: [String: [Double]]) -> Bool {
    let ours = median(rates["AMQPPublisher"] ?? [0])
    print(padded("AMQPPublisher", 16) + String(format: "%8.0f", ours))
    var areKept = true
    for (name, ratioMin) in ratiosMin {
        let other = median(rates[name] ?? [0])
        let isKept = ours >= ratioMin * other
        areKept = areKept && isKept
        print(
            padded(name, 16)
                + String(format: "%8.0f   ours is %.2f times that, at least %.1f", other, ours / other, ratioMin)
                + (isKept ? "" : ": MISSED"))
    }
    return areKept
}

let arguments = CommandLine.arguments
guard arguments.count == 6, let rounds = Int(arguments[1]), let seconds = Int(arguments[2]) else {
    print("BrokerBenchmark ROUNDS SECONDS C-PROGRAM PYTHON CELERY-SCRIPT")
    exit(2)
}
do {
    let rates = try measure(rounds, seconds, arguments[3], arguments[4], arguments[5])
    print("messages of 1 KiB a second that a quorum queue has confirmed; medians of \(rounds) rounds of \(seconds) s")
    exit(report(rates) ? 0 : 1)
} catch {
    print("\(error)")
    exit(2)
}
