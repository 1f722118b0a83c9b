package interop;

import java.lang.reflect.Method;
import software.amazon.kinesis.coordinator.CoordinatorConfig;

/** What only KCL 3 can be told, in a program that KCL 2 compiles too. */
final class KclVersion3 {
    private KclVersion3() {}

    /** Nothing is asked for by an empty name; a name that this KCL does not know is an error. */
    static void configure(CoordinatorConfig config, String clientVersion) throws ReflectiveOperationException {
        if (clientVersion.isEmpty()) return;
        for (Method method : CoordinatorConfig.class.getMethods()) {
            if (!method.getName().equals("clientVersionConfig") || method.getParameterCount() != 1) continue;
            for (Object known : method.getParameterTypes()[0].getEnumConstants()) {
                if (!known.toString().equals(clientVersion)) continue;
                method.invoke(config, known);
                return;
            }
        }
        throw new IllegalArgumentException("this KCL knows no client version " + clientVersion);
    }
}
