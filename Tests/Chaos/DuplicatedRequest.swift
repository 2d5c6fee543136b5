import Foundation
import HTTPMessages
import MySQL
import SystemTesting

/// A change under a key, and how its effect is seen.
struct DuplicatedRequest: Sendable {
    enum Kind: CaseIterable {
        case createAndConfirm, createOrder, confirmOrder, cancelOrder
        case createProduct, updateProduct, deactivateProduct, adjustStock
        case createCustomer, updateCustomer, deactivateCustomer

        var service: RunningSystem.Service {
            switch self {
            case .createAndConfirm: .orchestrator
            case .createCustomer, .updateCustomer, .deactivateCustomer: .customers
            default: .orders
            }
        }

        var method: HTTPMessages.Method {
            switch self {
            case .updateProduct, .deactivateProduct, .updateCustomer, .deactivateCustomer: .patch
            default: .post
            }
        }

        /// What the request is answered under another key, once it has been done: a second order is one, a second product
        /// of one SKU is none.
        var variantStatus: Int {
            switch self {
            case .createAndConfirm, .createOrder: 201
            case .cancelOrder, .updateProduct, .deactivateProduct, .adjustStock, .updateCustomer, .deactivateCustomer:
                200
            case .confirmOrder, .createProduct, .createCustomer: 409
            }
        }
    }

    let kind: Kind
    let key: String
    let target: String
    let body: String?
    /// Another body for the same operation, where it has a body.
    let otherBody: String?
    /// Each of them counts 1 once the request has had its effect once.
    let effects: [SQL]
    /// What takes the effect back, where a repetition could bring it about again.
    var undoing: Change?

    /// A change by somebody else, without a key.
    struct Change: Sendable {
        let target: String
        let body: String
    }

    func undo(by client: ServiceClient) throws -> Reply? {
        try undoing.map { try client.send(.patch, $0.target, $0.body) }
    }

    func send(by client: ServiceClient) throws -> Reply { try send(body, key, client) }

    func sendOtherPayload(by client: ServiceClient) throws -> Reply? {
        try otherBody.map { try send($0, key, client) }
    }

    func sendUnderKeyInOtherLetters(by client: ServiceClient) throws -> Reply {
        try send(body, key.uppercased(), client)
    }

    /// The bytes that are the same in each reply under the key.
    func kept(_ reply: Reply) -> [UInt8] {
        guard kind == .createAndConfirm else { return reply.response.body }
        // What stands before `data` is the correlation id, which is each caller's own.
        let text = String(decoding: reply.response.body, as: UTF8.self)
        return text.range(of: #""data":"#).map { Array(text[$0.lowerBound...].utf8) } ?? []
    }

    private func send(_ body: String?, _ key: String, _ client: ServiceClient) throws -> Reply {
        try client.send(kind.method, target, body, headers: ["X-Idempotency-Key": key])
    }
}
