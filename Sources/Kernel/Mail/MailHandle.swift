private import CCurl
internal import Concurrency
private import CurlLibrary
private import OutboundAddresses

/// One libcurl easy handle, for one message.
final class MailHandle {
    private let easy: UnsafeMutableRawPointer
    private let addressGuard: AddressGuard?
    private let errorText: UnsafeMutablePointer<CChar>
    private let server: MailServer
    private let configuration: MailTransportConfiguration

    /// - Throws: `MailError.later` when libcurl has no memory.
    init(_ server: MailServer, _ configuration: MailTransportConfiguration) throws(MailError) {
        guard CurlLibrary.isReady, let easy = curl_easy_init() else {
            throw .later(code: nil, text: "libcurl could not be initialized")
        }
        self.easy = easy
        self.server = server
        self.configuration = configuration
        addressGuard = configuration.rule.map { AddressGuard(rule: $0) }
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    /// - Throws: `MailError`.
    func perform(_ message: MailMessage, by deadline: Deadline) throws(MailError) {
        let exchange = MailExchange(message.bytes, by: deadline, stop: configuration.stop ?? .never)
        let recipients = curl_slist_append(nil, message.to.description)
        defer { curl_slist_free_all(recipients) }
        guard let recipients else { throw .later(code: nil, text: "no memory left") }
        let result = withExtendedLifetime(exchange) {
            let result = setOptions(exchange, from: message.from, recipients, by: deadline)
            let performed = result == CURLE_OK ? curl_easy_perform(easy) : result
            // Nobody is to be told of the handle's end.
            ccurl_set_long(easy, CURLOPT_VERBOSE, 0)
            ccurl_set_long(easy, CURLOPT_NOPROGRESS, 1)
            return performed == CURLE_OK ? nil : failure(performed, exchange)
        }
        if let result { throw result }
    }

    private func setOptions(
        _ exchange: MailExchange, from: MailAddress, _ recipients: UnsafeMutablePointer<curl_slist>,
        by deadline: Deadline
    ) -> CURLcode {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        let milliseconds = max(deadline.remainingMilliseconds, 1)
        var results = [
            ccurl_set_string(easy, CURLOPT_URL, server.url),
            ccurl_set_long(easy, CURLOPT_USE_SSL, server.sslLevel),
            ccurl_set_string(easy, CURLOPT_MAIL_FROM, from.description),
            ccurl_set_recipients(easy, recipients),
            ccurl_set_long(easy, CURLOPT_UPLOAD, 1),
            ccurl_set_receive(easy, CURLOPT_READFUNCTION, mailRead),
            ccurl_set_pointer(easy, CURLOPT_READDATA, context),
            ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(exchange.byteCount)),
            ccurl_set_conversation(easy, mailConversation, context),
            ccurl_set_progress(easy, mailProgress, context),
            ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
            ccurl_set_long(
                easy, CURLOPT_CONNECTTIMEOUT_MS, min(configuration.connectTimeoutMilliseconds, milliseconds)),
            ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds),
            // The other limit does not hold for the reply to the message, and this one knows whole seconds only.
            ccurl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (milliseconds + 999) / 1000),
            // The goodbye belongs to the transfer then, and the progress is asked about it, too.
            ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1),
            ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            ccurl_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            ccurl_set_string(easy, CURLOPT_PROXY, ""),
            ccurl_set_string(easy, CURLOPT_NOPROXY, "*"),
            ccurl_allow_only_mail(easy),
            ccurl_leave_resolver_behind(easy),
        ]
        if let user = server.user, let password = server.password {
            results.append(ccurl_set_string(easy, CURLOPT_USERNAME, user))
            results.append(ccurl_set_string(easy, CURLOPT_PASSWORD, password))
        }
        // libcurl's own defaults, stated since everything else rests on them.
        results.append(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
        results.append(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
        if let path = configuration.caBundlePath {
            // Of libcurl's built-in folder nothing is read beside it.
            results.append(ccurl_set_string(easy, CURLOPT_CAPATH, nil))
            results.append(ccurl_set_string(easy, CURLOPT_CAINFO, path))
        }
        if let addressGuard {
            addressGuard.begin(isEncrypted: server.encryption != .ifOffered)
            results.append(addressGuard.install(on: easy) ? CURLE_OK : CURLE_FAILED_INIT)
        }
        return results.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    private func failure(_ result: CURLcode, _ exchange: MailExchange) -> MailError {
        if let refused = addressGuard?.refused { return .addressRefused("\(refused)") }
        var code = 0
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &code)
        switch code {
        case 400..<500: return .later(code: code, text: exchange.replyText)
        case 500..<600 where exchange.isAboutMessage: return .refused(code: code, text: exchange.replyText)
        // To a greeting or a login: it says nothing of this message, and its operator may mend it.
        case 500..<600: return .later(code: code, text: exchange.replyText)
        default: break
        }
        let detail = errorText[0] == 0 ? String(cString: curl_easy_strerror(result)) : String(cString: errorText)
        let text =
            exchange.isLate
            ? "the time was up" : exchange.isStopped ? "it was stopped" : "\(detail) (libcurl \(result.rawValue))"
        // libcurl reads the message after the server has said 354. The code itself tells too little: libcurl forgets it when a reply of
        // several lines begins, and the server may have taken the message all the same.
        return exchange.isHandedOver ? .unknown(text: text) : .later(code: nil, text: text)
    }
}

extension MailServer {
    fileprivate var sslLevel: Int {
        switch encryption {
        case .fromTheStart, .required: Int(CURLUSESSL_ALL.rawValue)
        case .ifOffered: Int(CURLUSESSL_TRY.rawValue)
        }
    }
}

private func mailRead(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return Int(CURL_READFUNC_ABORT) }
    let exchange = Unmanaged<MailExchange>.fromOpaque(context).takeUnretainedValue()
    return exchange.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private func mailConversation(
    _ handle: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let bytes, let context else { return 0 }
    let exchange = Unmanaged<MailExchange>.fromOpaque(context).takeUnretainedValue()
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    switch kind {
    case CURLINFO_HEADER_OUT: exchange.sent(line)
    case CURLINFO_HEADER_IN: exchange.received(line)
    default: break
    }
    return 0
}

/// - Returns: 1 to give up.
private func mailProgress(
    _ context: UnsafeMutableRawPointer?, _ downloadTotal: curl_off_t, _ downloaded: curl_off_t,
    _ uploadTotal: curl_off_t, _ uploaded: curl_off_t
) -> Int32 {
    guard let context else { return 1 }
    return Unmanaged<MailExchange>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
}
