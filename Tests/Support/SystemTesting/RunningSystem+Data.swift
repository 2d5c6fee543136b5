import Concurrency
import Foundation
package import HTTPMessages
import JSON
package import MySQL

extension RunningSystem {
    /// Makes a customer.
    package func makeCustomer(_ name: String = "Ana Torres") throws -> Int64 {
        let body = #"{"name":"\#(name)","email":"\#(UUID().uuidString)@example.com","phone":"+593 99 123 4567"}"#
        let reply = try customers.send(.post, "/admin/customers/create-customer", body)
        return try reply.integer("id")
    }

    /// Makes a product.
    package func makeProduct(priceCents: Int = 1500, stock: Int = 100) throws -> Int64 {
        let body =
            #"{"sku":"\#(UUID().uuidString)","name":"Chair","price_cents":\#(priceCents),"stock":\#(stock)}"#
        let reply = try orders.send(.post, "/admin/products/create-product", body)
        return try reply.integer("id")
    }

    /// Adjusts a product's stock.
    @discardableResult
    package func adjustStock(
        of productID: Int64, by delta: Int, key: String, timeoutMilliseconds: Int = 20_000
    ) throws -> Reply {
        try orders.send(
            .post, "/admin/products/\(productID)/adjust-stock", #"{"delta":\#(delta),"reason":"COUNT"}"#,
            headers: ["X-Idempotency-Key": key], timeoutMilliseconds: timeoutMilliseconds)
    }

    package func stock(of productID: Int64) throws -> Int64 {
        let reply = try orders.send(.get, "/admin/products/find-one/\(productID)")
        return try reply.integer("stock")
    }

    /// Asks the orchestrator for an order of one product.
    package func placeOrder(
        _ customerID: Int64, _ productID: Int64, quantity: Int = 2, key: String, headers: HeaderFields = [:]
    ) throws -> Reply {
        try orchestrator.send(
            .post, "/orchestrator/create-and-confirm-order",
            orderBody(customerID, [(productID, quantity)], key: key), headers: headers)
    }

    /// What the database holds, whatever any service says.
    package func count(_ sql: SQL) throws -> Int64 {
        try database.read(by: .after(milliseconds: 10_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.queryFirst(sql) { (row) throws(DatabaseError) in try row.int64(0) }
        } ?? -1
    }

    /// Changes the database behind the services' backs.
    package func execute(_ statement: SQL) throws {
        _ = try database.transaction(by: .after(milliseconds: 20_000)) {
            (transaction: borrowing Transaction<DatabaseError>) throws(DatabaseError) in
            try transaction.execute(statement)
        }
    }

    /// Runs `body` while a transaction of another client holds what `statement` locks, and then takes that back.
    package func whileHolding<Value>(_ statement: SQL, _ body: () throws -> Value) throws -> Value {
        var result: Result<Value, any Error>?
        do {
            try database.transaction(by: .after(milliseconds: 60_000)) {
                (transaction: borrowing Transaction<HoldingError>) throws(HoldingError) in
                _ = try transaction.execute(statement)
                result = Result { try body() }
                throw HoldingError.takenBack
            }
        } catch HoldingError.takenBack {}
        guard let result else { throw ServiceProcess.Failure(description: "Nothing could be locked.") }
        return try result.get()
    }

    /// How many statements on this system's schema are being worked on or wait for a lock.
    package var runningStatements: Int64 {
        get throws {
            try count(
                """
                SELECT COUNT(*) FROM information_schema.processlist
                WHERE db = DATABASE() AND command <> 'Sleep' AND id <> CONNECTION_ID()
                """)
        }
    }

    package var orderCount: Int64 {
        get throws { try count("SELECT COUNT(*) FROM orders") }
    }
}

package func orderBody(_ customerID: Int64, _ items: [(Int64, Int)], key: String) -> String {
    let lines = items.map { #"{"product_id":\#($0.0),"qty":\#($0.1)}"# }.joined(separator: ",")
    return #"{"customer_id":\#(customerID),"items":[\#(lines)],"idempotency_key":"\#(key)"}"#
}

/// Runs `body` on `count` threads at once, and gives their results in order; throws the first error once all have ended.
package func inParallel<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws
    -> [Value]
{
    let results = Lock<[Int: Result<Value, any Error>]>([:])
    let threads = (0..<count).map { index in
        Concurrency.Thread.start {
            let result = Result { try body(index) }
            results.withLock { $0[index] = result }
        }
    }
    for thread in threads { thread?.join() }
    return try (0..<count).map { index in
        guard let result = results.withLock({ $0[index] }) else {
            throw ServiceProcess.Failure(description: "There is no thread to be had.")
        }
        return try result.get()
    }
}

/// How a transaction ends that only locks something for a while.
private enum HoldingError: DatabaseFailure {
    case takenBack
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}
