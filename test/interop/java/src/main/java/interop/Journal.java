package interop;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What this worker did, one line each: the kind, the time in milliseconds, the shard, and what the kind adds. A line
 * that was appended is the operating system's, and outlives a kill.
 */
final class Journal {
    private final Writer writer;

    Journal(Path path) throws IOException {
        writer = Files.newBufferedWriter(
                path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static String line(String kind, String shard, Object... rest) {
        StringBuilder line = new StringBuilder(kind);
        line.append('\t').append(System.currentTimeMillis()).append('\t').append(shard);
        for (Object field : rest) line.append('\t').append(field);
        return line.append('\n').toString();
    }

    /** All of them, or the process dies: what is not written down must not be checkpointed. */
    synchronized void append(List<String> lines) {
        try {
            for (String line : lines) writer.write(line);
            writer.flush();
        } catch (IOException failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(74);
        }
    }

    void append(String kind, String shard, Object... rest) {
        append(List.of(line(kind, shard, rest)));
    }
}
