internal import CMySQL

/// The memory that a statement's parameters lie in while it runs.
///
/// The client library keeps pointers into it from `mysql_stmt_bind_param` to `mysql_stmt_execute`, so it is allocated
/// once for the statement instead of being borrowed from Swift values, whose addresses last for one call only.
final class ParameterBuffers {
    let count: Int
    private let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let numbers: UnsafeMutablePointer<UInt64>
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<UInt8>
    private var content: UnsafeMutableRawPointer
    private var contentCapacity: Int

    /// Longer contents are given back with the next use, so that one large blob does not stay in every connection.
    private static let contentBytesKept = 64 * 1024

    init(count: Int) {
        self.count = count
        binds = .allocate(capacity: max(count, 1))
        binds.initialize(repeating: MYSQL_BIND(), count: max(count, 1))
        numbers = .allocate(capacity: max(count, 1))
        numbers.initialize(repeating: 0, count: max(count, 1))
        lengths = .allocate(capacity: max(count, 1))
        lengths.initialize(repeating: 0, count: max(count, 1))
        nulls = .allocate(capacity: max(count, 1))
        nulls.initialize(repeating: 0, count: max(count, 1))
        contentCapacity = 256
        content = .allocate(byteCount: contentCapacity, alignment: 1)
    }

    deinit {
        binds.deallocate()
        numbers.deallocate()
        lengths.deallocate()
        nulls.deallocate()
        content.deallocate()
    }

    /// Copies `values` in and binds them to the statement.
    ///
    /// - Parameter values: exactly `count` of them.
    /// - Returns: false when the library refuses them; its error tells why.
    func bind(_ values: [SQLValue], to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
        guard count > 0 else { return true }
        reserve(values.reduce(0) { $0 + $1.contentBytes })
        var offset = 0
        for (index, value) in values.enumerated() where index < count {
            switch value {
            case .null:
                describe(index, MYSQL_TYPE_NULL, nil, length: 0)
            case .integer(let integer):
                numbers[index] = UInt64(bitPattern: integer)
                describe(index, MYSQL_TYPE_LONGLONG, numbers + index, length: 8)
            case .unsigned(let integer):
                numbers[index] = integer
                describe(index, MYSQL_TYPE_LONGLONG, numbers + index, length: 8, isUnsigned: true)
            case .real(let number):
                numbers[index] = number.bitPattern
                describe(index, MYSQL_TYPE_DOUBLE, numbers + index, length: 8)
            case .dateTime(let dateTime):
                offset += describe(index, dateTime.text, at: offset)
            case .text(let text):
                offset += describe(index, text, at: offset)
            case .bytes(let bytes):
                describe(index, MYSQL_TYPE_BLOB, content + offset, length: bytes.count)
                offset += append(bytes, at: offset)
            }
        }
        return cmysql_stmt_bind_param(statement, binds)
    }

    private func describe(
        _ index: Int, _ type: enum_field_types, _ buffer: UnsafeMutableRawPointer?, length: Int,
        isUnsigned: Bool = false
    ) {
        lengths[index] = UInt(length)
        nulls[index] = buffer == nil ? 1 : 0
        cmysql_bind_set(
            binds + index, type, buffer, UInt(length), lengths + index, nulls + index, nil, isUnsigned)
    }

    private func describe(_ index: Int, _ text: String, at offset: Int) -> Int {
        describe(index, MYSQL_TYPE_STRING, content + offset, length: text.utf8.count)
        return append(text.utf8, at: offset)
    }

    private func append(_ bytes: some Collection<UInt8>, at offset: Int) -> Int {
        let free = UnsafeMutableRawBufferPointer(start: content + offset, count: contentCapacity - offset)
        free.copyBytes(from: bytes)
        return bytes.count
    }

    private func reserve(_ bytes: Int) {
        let isOversized = contentCapacity > ParameterBuffers.contentBytesKept && bytes < contentCapacity / 2
        guard bytes > contentCapacity || isOversized else { return }
        content.deallocate()
        contentCapacity = max(bytes, 256)
        content = .allocate(byteCount: contentCapacity, alignment: 1)
    }
}

extension SQLValue {
    /// What of the value travels beside its number, in bytes.
    var contentBytes: Int {
        switch self {
        case .dateTime(let dateTime): dateTime.text.utf8.count
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .null, .integer, .unsigned, .real: 0
        }
    }
}
