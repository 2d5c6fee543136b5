import BlockingTesting
import Concurrency
import CurlHTTPClient
import HTTPMessages
import Telemetry
import Testing

@Suite(.blocking) struct MeasuredTransportTests {
    /// Gives one outcome after the other.
    private struct Scripted: HTTPTransport {
        let outcomes: Lock<[Result<Response, TransportError>]>

        var attemptTimeoutMilliseconds: Int { 1234 }

        func send(_ request: Request, to origin: Origin, by deadline: Deadline) throws(TransportError) -> Response {
            try outcomes.withLock { $0.removeFirst() }.get()
        }
    }

    @Test func `each attempt is measured by what came of it, never by what somebody made up`() throws {
        let metrics = Metrics()
        let outcomes: [Result<Response, TransportError>] = [
            .success(Response(.ok)), .success(Response(.notFound)), .success(Response(Status(599))),
            .success(Response(Status(598))), .failure(.notSent(reason: "somebody's words")),
            .failure(.deadlineExceeded(maybeSent: true)),
        ]
        let transport = MeasuredTransport(Scripted(outcomes: Lock(outcomes)), "things-api", metrics)
        #expect(transport.attemptTimeoutMilliseconds == 1234)
        let origin = try #require(Origin("http://127.0.0.1:1"))
        for index in outcomes.indices {
            let request = Request(index == 0 ? .get : Method(rawValue: "MADEUP"), "/things/\(index)")
            let reply = Result { () throws(TransportError) in
                try transport.send(request, to: origin, by: .after(milliseconds: 1000))
            }
            #expect((try? reply.get().status) == (try? outcomes[index].get().status))
        }
        let counts = metrics.prometheusText().split(separator: "\n")
            .filter { $0.hasPrefix("http_client_request_duration_seconds_count") }
            .map { $0.dropFirst("http_client_request_duration_seconds_count".count) }
        func line(_ method: String, _ status: String, _ error: String, _ count: Int) -> Substring {
            Substring(
                "{dependency=\"things-api\",http_request_method=\"\(method)\","
                    + "http_response_status_code=\"\(status)\",error_type=\"\(error)\"} \(count)")
        }
        #expect(
            counts == [
                line("GET", "200", "", 1), line("_OTHER", "", "not_sent", 1), line("_OTHER", "", "timeout", 1),
                line("_OTHER", "404", "404", 1), line("_OTHER", "_OTHER", "_OTHER", 2),
            ])
    }
}
