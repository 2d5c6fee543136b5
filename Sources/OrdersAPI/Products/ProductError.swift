import HTTPMessages
import IdempotentReplies
import MySQL
import ResourceRoutes
import WebApplication
import WordSearch

/// What can go wrong with products.
enum ProductError: SearchFailure {
    case notFound
    case skuTaken
    /// It is no longer the version that the change was meant for.
    case stale
    /// An adjustment would leave less than nothing, or raise the stock beyond `Product.stock`.
    case stockOutOfRange(onHand: Int64, delta: Int64)
    case searchTooBroad
    case searchNotReady
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension ProductError: ResourceError {
    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: ProductError) {
        switch error {
        case .notFound:
            self.init(
                .productNotFound, detail: "No product has this id.")
        case .skuTaken:
            self.init(
                .skuTaken, detail: "Another product has this SKU.")
        case .stale: self = .stale
        case .stockOutOfRange(let onHand, let delta):
            self.init(
                .stockOutOfRange,
                detail: "\(onHand) are on hand; \(delta) would leave \(onHand + delta), which is not from "
                    + "\(Product.stock.lowerBound) to \(Product.stock.upperBound).")
        case .searchTooBroad: self = .searchTooBroad
        case .searchNotReady: self = .searchNotReady
        case .database(let error): self.init(error)
        }
    }
}
