/// How large a request may be. Each limit has a default that holds for a service of this size.
package struct MessageLimits: Sendable {
    /// 1 MiB: two hundred order lines are 10 KiB.
    package var bodyBytesMax = 1 << 20
    /// Request line and fields together. 16 KiB: what common proxies let through.
    package var headerBytesMax = 16 << 10
    /// 100: several times what browsers and proxies send.
    package var headerFieldsMax = 100
    /// 8000: what RFC 9110 section 4.1 asks every server to take.
    package var targetBytesMax = 8000
    /// Query parameters of a target. 100, as for header fields.
    package var queryFieldsMax = 100

    package init() {}

    var targetTooLong: RequestRefusal { .targetTooLong(bytesMax: targetBytesMax, queryFieldsMax: queryFieldsMax) }

    var headersTooLarge: RequestRefusal {
        .headersTooLarge(bytesMax: headerBytesMax, fieldsMax: headerFieldsMax)
    }

    var bodyTooLarge: RequestRefusal { .bodyTooLarge(bytesMax: bodyBytesMax) }
}
