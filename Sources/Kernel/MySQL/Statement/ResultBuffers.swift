internal import CMySQL
private import Glibc

/// The memory that a statement's result columns arrive in, and their way into Swift values.
///
/// The client library keeps pointers into it until the statement is closed, hence the allocations of its own.
final class ResultBuffers {
    /// The columns' names, in order.
    let names: [String]
    private let columns: [Column]
    private let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<UInt8>
    private let errors: UnsafeMutablePointer<UInt8>
    private let content: UnsafeMutableRawPointer

    private struct Column {
        let kind: Kind
        let offset: Int
        let capacity: Int
    }

    private enum Kind: Equatable {
        case integer, unsigned, real
        /// The client library would print it, at a cost of several thousand instructions.
        case dateTime(fractionDigits: Int)
        case text, bytes
    }

    /// Room for one text or blob. Longer ones are fetched a second time at their full length, from the client's memory.
    private static let contentBytesMax = 512
    /// The character set number that marks bytes which are not text (`binary`).
    private static let binaryCharacterSet = 63

    init(fields: UnsafeMutableBufferPointer<MYSQL_FIELD>) {
        names = fields.map { field in field.name.map { String(cString: $0) } ?? "" }
        var offset = 0
        columns = fields.map { field in
            let kind = ResultBuffers.kind(of: field)
            let capacity =
                switch kind {
                case .integer, .unsigned, .real: 8
                case .dateTime: (MemoryLayout<MYSQL_TIME>.size + 7) & ~7
                case .text, .bytes: (Int(clamping: min(field.length, UInt(ResultBuffers.contentBytesMax))) + 7) & ~7
                }
            defer { offset += capacity }
            return Column(kind: kind, offset: offset, capacity: capacity)
        }
        let count = max(columns.count, 1)
        binds = .allocate(capacity: count)
        binds.initialize(repeating: MYSQL_BIND(), count: count)
        lengths = .allocate(capacity: count)
        lengths.initialize(repeating: 0, count: count)
        nulls = .allocate(capacity: count)
        nulls.initialize(repeating: 0, count: count)
        errors = .allocate(capacity: count)
        errors.initialize(repeating: 0, count: count)
        content = .allocate(byteCount: max(offset, 8), alignment: 8)
        for (index, column) in columns.enumerated() { describe(index, column) }
    }

    deinit {
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
        errors.deallocate()
        content.deallocate()
    }

    /// Whether they are made for just these columns.
    func fit(_ fields: UnsafeMutableBufferPointer<MYSQL_FIELD>) -> Bool {
        fields.count == columns.count
            && fields.indices.allSatisfy { index in
                columns[index].kind == ResultBuffers.kind(of: fields[index])
                    && fields[index].hasName(names[index])
            }
    }

    /// - Returns: false when the library refuses the binding; its error tells why.
    func bind(to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool { cmysql_stmt_bind_result(statement, binds) }

    /// The row that was just fetched, or nil when a long value could not be fetched in full.
    func row(of statement: UnsafeMutablePointer<MYSQL_STMT>) -> Row? {
        var values: [SQLValue] = []
        values.reserveCapacity(columns.count)
        for (index, column) in columns.enumerated() {
            guard let value = value(at: index, column, of: statement) else { return nil }
            values.append(value)
        }
        return Row(columns: names, values: values)
    }

    private func value(
        at index: Int, _ column: Column, of statement: UnsafeMutablePointer<MYSQL_STMT>
    ) -> SQLValue? {
        guard nulls[index] == 0 else { return .null }
        let start = content + column.offset
        switch column.kind {
        case .integer: return .integer(start.load(as: Int64.self))
        case .unsigned: return .unsigned(start.load(as: UInt64.self))
        case .real: return .real(start.load(as: Double.self))
        case .dateTime(let fractionDigits):
            return .dateTime(SQLDateTime(start.load(as: MYSQL_TIME.self), fractionDigits: fractionDigits))
        case .text, .bytes: break
        }
        let length = Int(lengths[index])
        if length <= column.capacity {
            let bytes = UnsafeRawBufferPointer(start: start, count: length)
            return column.kind == .text ? .text(String(decoding: bytes, as: UTF8.self)) : .bytes([UInt8](bytes))
        }
        guard let bytes = longContent(at: index, length: length, of: statement) else { return nil }
        return column.kind == .text ? .text(String(decoding: bytes, as: UTF8.self)) : .bytes(bytes)
    }

    private func longContent(
        at index: Int, length: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>
    ) -> [UInt8]? {
        var isFetched = false
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var bind = MYSQL_BIND()
            var fetchedLength: UInt = 0
            var isNull: UInt8 = 0
            var error: UInt8 = 0
            withUnsafeMutablePointer(to: &fetchedLength) { fetchedLength in
                withUnsafeMutablePointer(to: &isNull) { isNull in
                    withUnsafeMutablePointer(to: &error) { error in
                        cmysql_bind_set(
                            &bind, MYSQL_TYPE_BLOB, buffer.baseAddress, UInt(length), fetchedLength, isNull, error,
                            false)
                        isFetched = mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0) == 0
                    }
                }
            }
            count = isFetched ? length : 0
        }
        return isFetched ? bytes : nil
    }

    private func describe(_ index: Int, _ column: Column) {
        let type =
            switch column.kind {
            case .integer, .unsigned: MYSQL_TYPE_LONGLONG
            case .real: MYSQL_TYPE_DOUBLE
            case .dateTime: MYSQL_TYPE_DATETIME
            case .text: MYSQL_TYPE_STRING
            case .bytes: MYSQL_TYPE_BLOB
            }
        cmysql_bind_set(
            binds + index, type, content + column.offset, UInt(column.capacity), lengths + index, nulls + index,
            errors + index, column.kind == .unsigned)
    }

    private static func kind(of field: MYSQL_FIELD) -> Kind {
        switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
            MYSQL_TYPE_YEAR:
            field.flags & UInt32(UNSIGNED_FLAG) != 0 ? .unsigned : .integer
        case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .real
        case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: .dateTime(fractionDigits: min(Int(field.decimals), 6))
        case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_DATE, MYSQL_TYPE_TIME, MYSQL_TYPE_NEWDATE,
            MYSQL_TYPE_NULL:
            .text
        default: Int(field.charsetnr) == binaryCharacterSet ? .bytes : .text
        }
    }
}

extension MYSQL_FIELD {
    fileprivate func hasName(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count == Int(name_length) else { return false }
            guard let start = bytes.baseAddress, let name else { return bytes.isEmpty }
            return memcmp(start, name, bytes.count) == 0
        }
    }
}

extension SQLDateTime {
    fileprivate init(_ time: MYSQL_TIME, fractionDigits: Int) {
        self.init(
            year: Int(time.year), month: Int(time.month), day: Int(time.day), hour: Int(time.hour),
            minute: Int(time.minute), second: Int(time.second), microsecond: Int(time.second_part),
            fractionDigits: fractionDigits)
    }
}
