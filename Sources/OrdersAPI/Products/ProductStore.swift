import DatabaseWebService
import MySQL
import Telemetry
import WordSearch

/// All SQL that changes products or reads some by id.
struct ProductStore {
    static let columns: StaticString =
        "id, sku, name, description, price_cents, stock, is_active, created_at, updated_at, version"

    let index = WordIndex(of: "products", in: "product_words")

    /// - Throws: `.skuTaken`.
    /// - Returns: the id.
    func insert(
        _ new: NewProduct, at now: Timestamp, in transaction: borrowing Transaction<ProductError>
    ) throws(ProductError) -> Int64 {
        do {
            let id = try transaction.execute(
                """
                INSERT INTO products (sku, name, description, price_cents, stock, has_words, created_at, updated_at)
                VALUES (\(new.sku.text), \(new.name), \(new.description), \(new.priceCents), \(new.stock), TRUE,
                    \(now.databaseText), \(now.databaseText))
                """
            ).lastInsertID
            try index.insert(new.words, rowID: id, in: transaction)
            return id
        } catch {
            throw ProductStore.naming(error)
        }
    }

    /// Writes what can be edited of a product whose row the transaction holds. The stock is not: orders take it meanwhile.
    ///
    /// - Throws: `.skuTaken`.
    func update(
        _ old: Product, to product: Product, in transaction: borrowing Transaction<ProductError>
    ) throws(ProductError) {
        do {
            _ = try transaction.execute(
                """
                UPDATE products SET sku = \(product.sku.text), name = \(product.name),
                    description = \(product.description), price_cents = \(product.priceCents),
                    is_active = \(product.isActive), updated_at = \(product.updatedAt.databaseText),
                    version = \(product.version)
                WHERE id = \(product.id)
                """)
            try index.replace(old.words, with: product.words, rowID: product.id, in: transaction)
        } catch {
            throw ProductStore.naming(error)
        }
    }

    /// The products that exist among `ids`, by ascending id, and the database's time; nil if none exists.
    func find<Query: SQLQuerying & ~Copyable>(
        ids: [Int64], in session: borrowing Query
    ) throws(Query.Failure) -> (products: [Product], now: Timestamp)? {
        try timed(
            """
            SELECT \(literal: ProductStore.columns), \(SQL.now) FROM products WHERE id IN \(list: ids) ORDER BY id
            """, in: session)
    }

    /// The product, with its row held until the transaction ends, and the database's time.
    func lock(
        id: Int64, in transaction: borrowing Transaction<ProductError>
    ) throws(ProductError) -> (product: Product, now: Timestamp)? {
        let found = try timed(
            "SELECT \(literal: ProductStore.columns), \(SQL.now) FROM products WHERE id = \(id) FOR UPDATE",
            in: transaction)
        return found.map { ($0.products[0], $0.now) }
    }

    /// As `find`, with the products' rows held until the transaction ends.
    func lock<Failure: DatabaseFailure>(
        ids: [Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> (products: [Product], now: Timestamp)? {
        try timed(
            """
            SELECT \(literal: ProductStore.columns), \(SQL.now) FROM products FORCE INDEX (PRIMARY)
            WHERE id IN \(list: ids) ORDER BY id FOR UPDATE
            """, in: transaction)
    }

    /// Writes the words of products that have none.
    func backfill(_ database: Database) -> WordBackfill {
        WordBackfill(index, database, columns: "name, sku") { (row) throws(DatabaseError) in
            SearchWords(name: try row.string("name"), sku: try row.string("sku"))
        }
    }

    func exists(
        sku: StockKeepingUnit, in session: borrowing ReadSession<ProductError>
    ) throws(ProductError) -> Bool {
        try !session.query("SELECT id FROM products WHERE sku = \(sku.text)").isEmpty
    }

    /// Takes the items' pieces, of each product of which there are as many, which is still for sale, and still at its item's
    /// price. By ascending id, so that two callers cannot wait for each other.
    ///
    /// - Returns: whether all were taken. Otherwise some may have been: the transaction is to be rolled back.
    func takeStock<Failure: DatabaseFailure>(
        for items: [OrderItem], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Bool {
        let quantity = ProductStore.each(items, \.quantity)
        return try transaction.execute(
            """
            UPDATE products FORCE INDEX (PRIMARY) SET stock = stock - \(quantity)
            WHERE id IN \(list: items.map(\.productID)) AND stock >= \(quantity)
                AND price_cents = \(ProductStore.each(items, \.unitPriceCents)) AND is_active
            ORDER BY id
            """
        ).affectedRows == items.count
    }

    /// Takes pieces of products that are for sale, whatever they cost now, by ascending id as above.
    ///
    /// - Parameter pieces: of each product once.
    /// - Returns: whether all were taken. Otherwise some may have been: the transaction is to be rolled back.
    func takeStock<Failure: DatabaseFailure>(
        _ pieces: [Int64: Int64], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) -> Bool {
        let pieces = pieces.sorted { $0.key < $1.key }
        var quantity: SQL = "CASE id"
        for piece in pieces.paddedToPowerOfTwo { quantity.append(" WHEN \(piece.key) THEN \(piece.value)") }
        quantity.append(" END")
        return try transaction.execute(
            """
            UPDATE products FORCE INDEX (PRIMARY) SET stock = stock - \(quantity)
            WHERE id IN \(list: pieces.map(\.key)) AND stock >= \(quantity) AND is_active ORDER BY id
            """
        ).affectedRows == pieces.count
    }

    /// Gives the items' pieces back, by ascending id as above.
    func returnStock<Failure: DatabaseFailure>(
        of items: [OrderItem], in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute(
            """
            UPDATE products FORCE INDEX (PRIMARY) SET stock = stock + \(ProductStore.each(items, \.quantity))
            WHERE id IN \(list: items.map(\.productID)) ORDER BY id
            """)
    }

    /// The number that belongs to a row's product. As in lists, the last is repeated up to the next power of two, so that
    /// orders of all sizes share few prepared statements.
    private static func each(_ items: [OrderItem], _ number: (OrderItem) -> Int64) -> SQL {
        var sql: SQL = "CASE id"
        for item in items.paddedToPowerOfTwo { sql.append(" WHEN \(item.productID) THEN \(number(item))") }
        sql.append(" END")
        return sql
    }

    /// Adds `quantity` pieces, or takes them where it is negative.
    ///
    /// - Precondition: the stock does not go below 0; that would be `DatabaseError.outOfRange`.
    func addStock<Failure: DatabaseFailure>(
        productID: Int64, quantity: Int64, in transaction: borrowing Transaction<Failure>
    ) throws(Failure) {
        _ = try transaction.execute("UPDATE products SET stock = stock + \(quantity) WHERE id = \(productID)")
    }

    private func timed<Query: SQLQuerying & ~Copyable>(
        _ sql: SQL, in session: borrowing Query
    ) throws(Query.Failure) -> (products: [Product], now: Timestamp)? {
        let rows = try session.query(sql) { (row) throws(DatabaseError) in (try Product(row), try row.timestamp("now"))
        }
        return rows.first.map { (rows.map(\.0), $0.1) }
    }

    private static func naming(_ error: ProductError) -> ProductError {
        if case .database(.duplicateKey) = error { .skuTaken } else { error }
    }
}

extension Product {
    /// A product from its row, of the columns in `ProductStore.columns`.
    init(_ row: Row) throws(DatabaseError) {
        guard let sku = StockKeepingUnit(try row.string("sku"))
        else { throw .decoding("a row of products holds a value that the service never writes") }
        self.init(
            id: try row.int64("id"), sku: sku, name: try row.string("name"),
            description: try row.optionalString("description"), priceCents: try row.int64("price_cents"),
            stock: try row.int64("stock"), isActive: try row.bool("is_active"),
            createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"), version: try row.int64("version"))
    }
}
