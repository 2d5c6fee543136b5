import Foundation
import HTTPMessages
import JSON
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// Bytes on the wire that are not what HTTP/1.1 allows, to all three services at once.
    struct HostileRequestTests {
        private static let corpus =
            HostileRequest.lengths + HostileRequest.encodings + HostileRequest.chunks + HostileRequest.requestLines
            + HostileRequest.fields + HostileRequest.targets + HostileRequest.limits + HostileRequest.endless

        /// One request of the corpus, or a client that never finishes, for one service.
        private struct Job: Sendable {
            let service: RunningSystem.Service
            let port: Int
            let requests: [HostileRequest]
        }

        @Test func `no hostile request is accepted, none reaches a handler, and every service serves on`() throws {
            try withSystem(RunningSystem.Service.product) { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct()
                let services = RunningSystem.Service.product
                let before = try services.map { try canaryCount(system.client($0)) }
                let jobs = services.flatMap { makeJobs(for: $0, port: system.client($0).port) }
                let flaws = try inParallel(jobs.count) { index in
                    let job = jobs[index]
                    return try job.requests.compactMap { request in
                        try flaw(of: request, at: job.port).map { "\(job.service.rawValue): \(request.name): \($0)" }
                    }
                }
                let accepted = flaws.flatMap(\.self)
                #expect(accepted == [])
                for (service, before) in zip(services, before) {
                    let client = system.client(service)
                    #expect(try canaryCount(client) == before, "a hidden request reached \(service.rawValue)")
                    #expect(try client.send(.get, "/health/ready").status == 200)
                    #expect(try count(client) { $0.contains(#"status="500""#) } == 0)
                    #expect(system.process(service).isRunning)
                }
                #expect(try system.placeOrder(customer, product, key: "after-the-corpus").status == 201)
                let count = jobs.map(\.requests.count).reduce(0, +)
                print("R7: \(count) requests, \(accepted.count) accepted that must not be")
            }
        }

        /// Requests that end early may keep their connection until its time is up, so each has a thread of its own.
        private func makeJobs(for service: RunningSystem.Service, port: Int) -> [Job] {
            let slow = HostileRequestTests.corpus.filter { $0.answer == .dropped }
            let quick = HostileRequestTests.corpus.filter { $0.answer != .dropped }
            return slow.map { Job(service: service, port: port, requests: [$0]) }
                + [Job(service: service, port: port, requests: quick)]
        }

        /// What is wrong with the answer; nil where it is as it must be.
        private func flaw(of request: HostileRequest, at port: Int) throws -> String? {
            // More than the 20 s that a body may take.
            let connection = try RawConnection(port: port, timeoutSeconds: 40)
            connection.send(request.bytes)
            var responses: [RawResponse] = []
            do {
                // A client that goes on sending, a byte at a time, until it is cut off.
                while request.isEndless, connection.send([0x61]) { Foundation.Thread.sleep(forTimeInterval: 0.5) }
                if case .served(let expected) = request.answer {
                    while responses.count < expected.count {
                        let response = try connection.response()
                        if response.status >= 200 { responses.append(response) }
                    }
                }
                connection.finishSending()
                responses += try connection.remainingResponses()
            } catch { return "\(responses.map(\.status)), then \(error)" }
            let statuses = responses.map(\.status)
            let isClosing = responses.last?.headers["Connection"] == "close"
            switch request.answer {
            case .refused(let status, let code):
                guard statuses == [status], isClosing else { return "\(statuses), closing: \(isClosing)" }
                return problemCode(responses[0]) == code ? nil : responses[0].text
            case .dropped: return statuses.isEmpty ? nil : "\(statuses)"
            case .served(let expected):
                guard statuses == expected else { return "\(statuses)" }
                return responses.first { $0.status >= 400 && problemCode($0) == nil }.map { "no problem: \($0.text)" }
            case .servedLast(let expected):
                return statuses == [expected] && isClosing ? nil : "\(statuses), closing: \(isClosing)"
            }
        }

        private func problemCode(_ response: RawResponse) -> String? {
            guard response.headers["Content-Type"] == "application/problem+json" else { return nil }
            return (try? JSONParser.parse(response.body))?["code"]?.string
        }

        private func canaryCount(_ client: ServiceClient) throws -> Double {
            try count(client) { $0.contains(#"operation="getHealthLive""#) }
        }

        /// How many requests the service has counted whose labels `isMeant` picks.
        private func count(_ client: ServiceClient, _ isMeant: (Substring) -> Bool) throws -> Double {
            let text = String(decoding: try client.send(.get, "/metrics").response.body, as: UTF8.self)
            return text.split(separator: "\n")
                .filter { $0.hasPrefix("http_server_request_duration_seconds_count") && isMeant($0) }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
        }
    }
}
