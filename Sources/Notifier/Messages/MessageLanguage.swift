/// The languages that people are written to in.
enum MessageLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case spanish = "es"

    var templates: any MessageTemplates {
        switch self {
        case .english: EnglishTemplates()
        case .spanish: SpanishTemplates()
        }
    }
}
