import JSON
import Mail
import WebApplication

/// Where an endpoint's deliveries go, by its channel.
enum EndpointTarget: Sendable, Equatable {
    case webhook(url: String)
    case mail(to: MailRecipient, MessageLanguage)
    case telegram(TelegramChat, MessageLanguage)

    /// From the columns of a row; nil for what the service never writes.
    init?(_ channel: Endpoint.Channel, text: String, language: MessageLanguage?) {
        switch (channel, language) {
        case (.webhook, nil): self = .webhook(url: text)
        case (.mail, let language?):
            guard let recipient = MailRecipient(text) else { return nil }
            self = .mail(to: recipient, language)
        case (.telegram, let language?):
            guard let chat = TelegramChat(text) else { return nil }
            self = .telegram(chat, language)
        case (.webhook, _), (.mail, nil), (.telegram, nil): return nil
        }
    }

    var channel: Endpoint.Channel {
        switch self {
        case .webhook: .webhook
        case .mail: .mail
        case .telegram: .telegram
        }
    }

    /// As the column holds it.
    var text: String {
        switch self {
        case .webhook(let url): url
        case .mail(let recipient, _): recipient.text
        case .telegram(let chat, _): chat.text
        }
    }

    /// Nil for a channel that delivers events as they are.
    var language: MessageLanguage? {
        switch self {
        case .webhook: nil
        case .mail(_, let language), .telegram(_, let language): language
        }
    }

    /// Whether each message goes to the customer of its order.
    var isCustomer: Bool { if case .mail(.customer, _) = self { true } else { false } }

    /// All members of all channels; null are those that the channel does not have.
    func encodeMembers(to writer: inout JSONWriter) {
        let (url, recipient, chat): (String?, MailRecipient?, TelegramChat?) =
            switch self {
            case .webhook(let url): (url, nil, nil)
            case .mail(let recipient, _): (nil, recipient, nil)
            case .telegram(let chat, _): (nil, nil, chat)
            }
        writer.member("channel", channel.rawValue)
        writer.member("url", url)
        writer.member("to", recipient?.text)
        writer.member("chat_id", chat)
        writer.member("language", language?.rawValue)
    }
}

/// What a merge patch changes of where deliveries go. The channel stays: what waits was queued for it.
struct EndpointTargetChanges: Sendable {
    var url: PatchMember<String> = .absent
    var recipient: PatchMember<MailRecipient> = .absent
    var chat: PatchMember<TelegramChat> = .absent
    var language: PatchMember<MessageLanguage> = .absent

    /// The members that an endpoint of the channel does not have.
    func misplaced(in channel: Endpoint.Channel) -> [String] {
        let isWebhook = channel == .webhook
        let given = [
            ("url", url.isAbsent || isWebhook), ("to", recipient.isAbsent || channel == .mail),
            ("chat_id", chat.isAbsent || channel == .telegram), ("language", language.isAbsent || !isWebhook),
        ]
        return given.filter { !$0.1 }.map(\.0)
    }

    func applied(to target: EndpointTarget) -> EndpointTarget {
        switch target {
        case .webhook(let present): .webhook(url: url.value(or: present))
        case .mail(let present, let spoken): .mail(to: recipient.value(or: present), language.value(or: spoken))
        case .telegram(let present, let spoken): .telegram(chat.value(or: present), language.value(or: spoken))
        }
    }
}

extension PatchMember {
    fileprivate var isAbsent: Bool { if case .absent = self { true } else { false } }
}
