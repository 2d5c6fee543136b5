/// What is said of a registration. It names nobody: whoever asks for a mail must not write any of it.
struct RegistrationText {
    let linkSubject: String
    let existingSubject: String
    let existing: String
    private let beforeLink: String
    private let afterLink: String

    init(_ language: MailLanguage) {
        switch language {
        case .english:
            linkSubject = "Confirm your registration"
            beforeLink = "Somebody asked for an account with this address. If that was you, confirm it here:"
            afterLink = "The link is good for an hour. If it was not you, do nothing: no account is made then."
            existingSubject = "You already have an account"
            existing =
                "Somebody asked for an account with this address. There is one already: log in with its password. "
                + "Nothing was changed. If it was not you, you need not do anything.\n"
        case .spanish:
            linkSubject = "Confirma tu registro"
            beforeLink = "Alguien pidió una cuenta con esta dirección. Si fuiste tú, confírmala aquí:"
            afterLink =
                "El enlace es válido durante una hora. Si no fuiste tú, no hagas nada: así no se crea ninguna cuenta."
            existingSubject = "Ya tienes una cuenta"
            existing =
                "Alguien pidió una cuenta con esta dirección. Ya hay una: inicia sesión con su contraseña. "
                + "No se cambió nada. Si no fuiste tú, no hace falta que hagas nada.\n"
        }
    }

    func link(_ link: String) -> String { "\(beforeLink)\n\n\(link)\n\n\(afterLink)\n" }
}
