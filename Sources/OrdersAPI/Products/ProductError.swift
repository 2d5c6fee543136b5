import DatabaseWebService
import HTTPMessages
import Idempotency
import MySQL
import WebApplication
import WordSearch

/// What can go wrong with products.
enum ProductError: IdempotencyFailure, SearchFailure {
    case notFound
    case skuTaken
    /// It is no longer the version that the change was meant for.
    case stale
    /// An adjustment would leave less than nothing, or raise the stock beyond `Product.stock`.
    case stockOutOfRange(onHand: Int64, delta: Int64)
    case keyTaken
    case searchTooBroad
    case searchNotReady
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension Problem {
    /// What a client is told.
    init(_ error: ProductError) {
        switch error {
        case .notFound:
            self.init(
                .notFound, code: "product-not-found", title: "No such product", detail: "No product has this id.")
        case .skuTaken:
            self.init(
                .conflict, code: "sku-taken", title: "The SKU is taken", detail: "Another product has this SKU.",
                isFinal: true)
        case .stale: self = .stale
        case .stockOutOfRange(let onHand, let delta):
            self.init(
                .conflict, code: "stock-out-of-range", title: "The stock would be out of range",
                detail: "\(onHand) are on hand; \(delta) would leave \(onHand + delta), which is not from "
                    + "\(Product.stock.lowerBound) to \(Product.stock.upperBound).",
                isFinal: true)
        case .keyTaken: self = .idempotencyKeyInUse
        case .searchTooBroad: self = .searchTooBroad
        case .searchNotReady: self = .searchNotReady
        case .database(let error): self.init(error)
        }
    }
}
