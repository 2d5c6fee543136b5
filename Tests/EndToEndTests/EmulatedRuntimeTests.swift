import Foundation
import HTTPMessages
import JSON
import SystemTesting
import Testing

extension EndToEndTests {
    /// The runtime under AWS's own emulator, with the test function of `Tests/LambdaEcho`.
    struct EmulatedRuntimeTests {
        private func emulator(
            timeoutSeconds: Int = 20, mode: String = "", settings: [String: String] = [:]
        ) throws -> LambdaEmulator {
            try LambdaEmulator(
                "LambdaEcho", timeoutSeconds: timeoutSeconds,
                settings: settings.merging(["LAMBDA_ECHO_MODE": mode]) { given, _ in given })
        }

        private func processID(_ emulator: LambdaEmulator) throws -> Int64 {
            try #require(try emulator.invoke(#"{"do":"context"}"#)["processID"]?.integer)
        }

        @Test func `an event is answered, and an error is the caller's to see`() throws {
            let emulator = try emulator()
            defer { emulator.end() }
            #expect(try emulator.invoke(#"{"a":1}"#)["a"] == .integer(1))
            let error = try emulator.invoke(#"{"do":"throw","type":"Own.Error","message":"a\nb"}"#)
            #expect(error["errorType"]?.string == "Own.Error")
            #expect(error["errorMessage"]?.string == "a\nb")
            #expect(try emulator.invoke("not JSON")["errorType"]?.string == "JSONParseError")
            let context = try emulator.invoke(#"{"do":"context"}"#)
            #expect(context["requestID"]?.string?.isEmpty == false)
            #expect(15_000...20_000 ~= (context["remainingMilliseconds"]?.integer ?? 0))
        }

        @Test func `a handler that is too slow is answered for, and its process lives on`() throws {
            let emulator = try emulator(timeoutSeconds: 2)
            defer { emulator.end() }
            let before = try processID(emulator)
            let canceled = try emulator.invoke(#"{"do":"waitForCancellation"}"#)
            #expect(canceled["errorType"]?.string == "Function.DeadlineExceeded", "\(emulator.text)")
            let ignored = try emulator.invoke(#"{"do":"sleep","milliseconds":4000}"#)
            #expect(ignored["errorType"]?.string == "Function.DeadlineExceeded", "\(emulator.text)")
            #expect(try processID(emulator) == before)
        }

        @Test func `a response of the largest size passes, and one byte more is an error`() throws {
            let emulator = try emulator()
            defer { emulator.end() }
            let largest = try emulator.reply(to: #"{"do":"size","bytes":6291556}"#)
            #expect(largest.body.count == 6_291_556)
            let tooLarge = try emulator.invoke(#"{"do":"size","bytes":6291557}"#)
            #expect(tooLarge["errorType"]?.string == "Function.ResponseSizeTooLarge")
            #expect(tooLarge["errorMessage"]?.string?.contains("6291557") == true, "it was not ours")
            #expect(try emulator.invoke("1") == .integer(1))
        }

        @Test func `a stream arrives whole`() throws {
            let emulator = try emulator(mode: "streaming")
            defer { emulator.end() }
            let reply = try emulator.reply(to: #"{"pieces":3,"bytes":70000}"#)
            #expect(reply.body.count == 210_000)
            #expect(reply.body.last == UInt8(ascii: "c"))
            let http = try emulator.reply(to: #"{"do":"http","status":201,"pieces":1,"bytes":2}"#)
            #expect(String(decoding: http.body, as: UTF8.self).hasSuffix("aa"))
            let error = try emulator.invoke(#"{"do":"throw","type":"Own.Error","message":"m"}"#)
            #expect(error["errorType"]?.string == "Own.Error")
        }

        @Test func `SIGTERM comes, and the process ends in order`() throws {
            let emulator = try emulator()
            defer { emulator.end() }
            _ = try emulator.invoke("1")
            emulator.terminate()
            try waitUntil(seconds: 10) { emulator.text.contains("goodbye") }
            #expect(emulator.text.contains("draining"))
            #expect(emulator.text.contains("stopped"))
        }

        @Test func `a handler that cannot be made is told to the caller`() throws {
            let emulator = try emulator(settings: ["LAMBDA_ECHO_INIT": "fail"])
            defer { emulator.end() }
            #expect(try emulator.invoke("1")["errorType"]?.string == "NoPurpose")
        }

        @Test func `after a crash the next event has a new process`() throws {
            let emulator = try emulator()
            defer { emulator.end() }
            let before = try processID(emulator)
            let crash = try emulator.invoke(#"{"do":"exit","status":7}"#)
            #expect(crash["errorType"]?.string == "Runtime.ExitError")
            #expect(try processID(emulator) != before)
        }

        @Test func `four events at once are handled at once in the concurrent mode`() throws {
            let emulator = try LambdaEmulator("LambdaEcho", concurrency: 4)
            defer { emulator.end() }
            #expect(try emulator.invokeWhenFree("0") == .integer(0), "\(emulator.text)")
            let start = Date()
            let answers = try inParallel(4) { number in
                try emulator.invokeWhenFree("{\"do\":\"sleep\",\"milliseconds\":1500,\"n\":\(number)}")
            }
            #expect(Set(answers.compactMap { $0["n"]?.integer }) == [0, 1, 2, 3], "\(answers) \(emulator.text)")
            #expect(Date().timeIntervalSince(start) < 4, "four in turn take 6 s")
        }
    }
}
