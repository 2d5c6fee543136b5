import DatabaseLifecycle
import HTTPServer
import HTTPTypes
import Idempotency
import MySQL
import WordSearch

/// What can go wrong with products.
enum ProductError: IdempotencyFailure, SearchFailure {
    case notFound
    case skuTaken
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
                .notFound, code: "product-not-found", title: "No such product", detail: "No product has this id.",
                isFinal: true)
        case .skuTaken:
            self.init(
                .conflict, code: "sku-taken", title: "The SKU is taken", detail: "Another product has this SKU.",
                isFinal: true)
        case .keyTaken: self = .idempotencyKeyInUse
        case .searchTooBroad: self = .searchTooBroad
        case .searchNotReady: self = .searchNotReady
        case .database(let error): self.init(error)
        }
    }
}
