package import HTTPMessages

/// Where a server listens and what it lets a client use. Every limit has a default that holds for a service of this
/// size.
package struct HTTPServerConfiguration: Sendable {
    /// A numeric IPv4 or IPv6 address, or `localhost`, which is 127.0.0.1. Loopback by default: being seen by the
    /// network is a decision. `::` takes IPv4 as well.
    package var host = "127.0.0.1"
    /// 0 lets the system choose; `HTTPServer.port` tells what it chose.
    package var port = 0
    /// Handlers that run at once, most of them waiting for something. 32: as many as there are connections to databases and other
    /// services, and some more.
    package var workersMax = 32
    /// Handlers that run at once as long as each has run for less than `activeMilliseconds`. As many as workers by default; a service
    /// with a database has as many as connections, since more would only wait for one another.
    package var activeMax: Int?
    /// 10 ms: several times what a request takes. What has run for so long waits for a lock, another service or a slow database. With
    /// 5 ms an order took a tenth more of the processor under load, with 20 no less; it also bounds how many requests are begun a
    /// second where all wait for a moment, to `activeMax` every 10 ms.
    package var activeMilliseconds = 10
    /// Requests that wait for a worker. 64: two rounds of the workers. A longer queue serves no more requests, only each later;
    /// whatever comes on top is refused (503).
    package var queueMax = 64
    /// How long a request that is refused for want of a place waits for that. From 200 ms, a fifth of what `Retry-After` names,
    /// to all of it, a millisecond for each that waits: so a thousand are refused a second. Clients that ask again at once,
    /// whatever they are told, would otherwise cost more than those who are served.
    package var refusalDelayMilliseconds = 200...1000
    package var limits = MessageLimits()
    /// Requests that wait for something without a worker. 1,000: some KB each; those beyond are answered at once.
    package var parkedMax = 1000
    /// Open connections; those beyond wait unaccepted. 4096: an idle one holds less than 1 KiB, one that sends a head at
    /// most that head. Lowered to what `RLIMIT_NOFILE` allows, less what the rest of the process needs.
    package var connectionsMax = 4096
    /// For a request's head, from the connection or from the request line. 10 s: a head is one packet or a few.
    package var headTimeoutMilliseconds = 10_000
    /// For the body, from the end of the head. 20 s: 1 MiB over a 0.5 Mbit/s line.
    package var bodyTimeoutMilliseconds = 20_000
    /// For the handler, its time in the queue included. 65 s: a caller may ask for 60, and the application's own,
    /// shorter deadline must answer first.
    package var requestTimeoutMilliseconds = 65_000
    /// For the client to take the answer. 20 s, as for the body.
    package var writeTimeoutMilliseconds = 20_000
    /// Between two requests of one connection. 60 s: longer than the keep-alive of common clients' pools, which then
    /// close first and never race with us.
    package var idleTimeoutMilliseconds = 60_000

    package init() {}
}
