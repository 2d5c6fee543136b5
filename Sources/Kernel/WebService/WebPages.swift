private import HTTPMessages
private import Settings
package import Telemetry
package import WebApplication

/// The pages for browsers: every service's API reference with the contract that it draws, as it stands in `openapi/`, and the console
/// of those that have one.
///
/// What they load comes in part from packages (`scripts/run` and the container image install them), so the pages lie in a folder of
/// their own and are read when somebody asks. Without the folder the service serves all else.
package struct WebPages: Sendable {
    private enum MediaType: String {
        case page = "text/html; charset=utf-8"
        case style = "text/css; charset=utf-8"
        case script = "text/javascript; charset=utf-8"
        /// Of the contract, which browsers show as text; YAML of its own type they would save.
        case text = "text/plain; charset=utf-8"
    }

    /// 8 MiB, of which the reference's program has 1.6 and the longest contract a fifth.
    private static let fileBytesMax = 8 << 20

    /// Everything from here, as the pages need it: neither inline scripts nor styles, nothing of other hosts.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private let folder: String?
    private let contract: String
    private let reference: WebPage
    private let console: WebPage?

    /// - Parameter folder: has `openapi/` and a folder for each page; nil where there is none.
    package init(_ folder: String?, _ identity: ServiceIdentity) {
        self.folder = folder
        contract = "openapi/\(identity.contract).yaml"
        reference = .reference(of: contract)
        console = identity.hasConsole ? .console : nil
    }

    package var routes: [Route] {
        routes(of: reference) + (console.map(routes(of:)) ?? []) + [
            route("getFormerReference", "/api/docs", reference.page, .page),
            route("getContract", "/openapi.yaml", contract, .text),
        ]
    }

    /// Says once for each page which of its files are missing, where there is a folder for them.
    package func report(to logger: Logger) {
        guard let folder else { return }
        for page in [reference, console].compactMap(\.self) {
            let missing = page.paths.filter { !isReadableFile("\(folder)/\($0)") }
            guard !missing.isEmpty else { continue }
            logger.warning(
                "\(page.title) is not complete",
                ["folder": folder, "missing": missing.sorted().joined(separator: ", ")])
        }
    }

    private func routes(of page: WebPage) -> [Route] {
        [
            route("get\(page.operationName)", "/\(page.folder)", page.page, .page),
            route("get\(page.operationName)Style", "/\(page.folder)/styles/{file}", of: page, page.styles, .style),
            route("get\(page.operationName)Script", "/\(page.folder)/scripts/{file}", of: page, page.scripts, .script),
        ]
    }

    private func route(_ operationID: String, _ path: String, _ file: String, _ mediaType: MediaType) -> Route {
        Route(operationID, .get, path, access: .everybody) { (_, _) throws(Problem) in try response(file, mediaType) }
    }

    /// A route for those files of a page that `names` has.
    private func route(
        _ operationID: String, _ path: String, of page: WebPage, _ names: [String], _ mediaType: MediaType
    ) -> Route {
        Route(operationID, .get, path, access: .everybody) { (_, context) throws(Problem) in
            guard let name = names.first(where: { $0 == context.pathParameters["file"] }) else {
                throw .pageNotInstalled("The page has no such file.")
            }
            return try response("\(page.folder)/\(name)", mediaType)
        }
    }

    private func response(_ file: String, _ mediaType: MediaType) throws(Problem) -> Response {
        guard let folder else {
            throw .pageNotInstalled("WEB_DIRECTORY is not set; README.md says what it must have.")
        }
        let text: String
        do throws(TextFileError) {
            text = try textOfFile("\(folder)/\(file)", bytesMax: WebPages.fileBytesMax)
        } catch {
            throw .pageNotInstalled("\(file) \(error.reason).")
        }
        return Response(
            .ok, headers: ["Content-Type": mediaType.rawValue, "Content-Security-Policy": WebPages.policy],
            body: Array(text.utf8))
    }
}

extension Problem {
    fileprivate static func pageNotInstalled(_ detail: String) -> Problem { Problem(.pageNotInstalled, detail: detail) }
}
