package interop;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import nl.basjes.parse.useragent.UserAgent;
import nl.basjes.parse.useragent.UserAgentAnalyzer;

/** Answers `POST /graphql` on loopback as Yauaa's web service does, for the one query that Millrace sends. */
public final class Yauaa {
    private static final UserAgentAnalyzer ANALYZER = UserAgentAnalyzer.newBuilder().immediateInitialization().build();

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/graphql", Yauaa::answer);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println("listening " + server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange) throws IOException {
        JsonObject question = JsonParser.parseReader(new InputStreamReader(exchange.getRequestBody(), StandardCharsets.UTF_8)).getAsJsonObject();
        Map<String, String> headers = new TreeMap<>();
        JsonObject named = question.getAsJsonObject("variables").getAsJsonObject("headers");
        ANALYZER.getAllSupportedHeaders().forEach((header, known) -> {
            if (named.has(known.getFieldName())) headers.put(header, named.remove(known.getFieldName()).getAsString());
        });
        Object answer = named.size() == 0
            ? Map.of("data", Map.of("analyze", Map.of("fields", fieldsOf(ANALYZER.parse(headers)))))
            : Map.of("errors", List.of(Map.of("message", "unknown headers " + named.keySet())));
        byte[] body = new Gson().toJson(answer).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static List<Map<String, String>> fieldsOf(UserAgent userAgent) {
        List<Map<String, String>> fields = new ArrayList<>();
        for (String name : userAgent.getAvailableFieldNamesSorted()) {
            fields.add(Map.of("fieldName", name, "value", userAgent.getValue(name)));
        }
        return fields;
    }
}
