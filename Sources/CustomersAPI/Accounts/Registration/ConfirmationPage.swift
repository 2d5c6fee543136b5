import HTTPMessages

/// The two pages behind a mailed link. Nothing of a request stands in them, and they fetch nothing.
enum ConfirmationPage {
    /// One button. A form without an action posts to the address of its page, with the token in it.
    static func question(_ language: MailLanguage) -> Response {
        switch language {
        case .english:
            page(
                language, "Confirm your registration", "Your account is made when you press the button.",
                button: "Confirm")
        case .spanish:
            page(language, "Confirma tu registro", "Tu cuenta se crea cuando pulsas el botón.", button: "Confirmar")
        }
    }

    static func done(_ language: MailLanguage) -> Response {
        switch language {
        case .english: page(language, "Your account is ready", "You can log in now.")
        case .spanish: page(language, "Tu cuenta está lista", "Ya puedes iniciar sesión.")
        }
    }

    private static func page(
        _ language: MailLanguage, _ title: String, _ text: String, button: String? = nil
    ) -> Response {
        let form = button.map { #"<form method="post"><button>\#($0)</button></form>"# } ?? ""
        let html = """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)"><head><meta charset="utf-8"><title>\(title)</title>\
            <meta name="viewport" content="width=device-width"></head>
            <body><h1>\(title)</h1><p>\(text)</p>\(form)</body></html>

            """
        return Response(
            .ok,
            headers: [
                "Content-Type": "text/html; charset=utf-8",
                "Content-Security-Policy":
                    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                // The address has the token.
                "Referrer-Policy": "no-referrer",
            ], body: Array(html.utf8))
    }
}
