package io.serverhardening.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Has the system choose ports, for servers that cannot say which they were given.
 */
public final class FreePorts {

	private FreePorts() {
	}

	/**
	 * Print ports, each on a line.
	 * @param args how many
	 * @throws IOException if there is none
	 */
	public static void main(String[] args) throws IOException {
		List<ServerSocket> sockets = new ArrayList<>();
		for (int i = 0; i < Integer.parseInt(args[0]); i++) {
			sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
		}
		for (ServerSocket socket : sockets) {
			System.out.println(socket.getLocalPort());
			socket.close();
		}
	}

}
