package io.serverhardening.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A port that leads to another, as a name does: whoever connects after it was pointed
 * elsewhere gets there, and whoever was connected before stays where it is.
 */
public final class Detour implements AutoCloseable {

	private final ServerSocket server;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private volatile int target;

	/**
	 * Open the port.
	 * @param target the port that it leads to
	 */
	public Detour(int target) {
		this.target = target;
		try {
			this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		daemon(this::accept);
	}

	/**
	 * Return the port.
	 * @return the port
	 */
	public int port() {
		return this.server.getLocalPort();
	}

	/**
	 * Lead elsewhere from now on.
	 * @param target the port that it leads to
	 */
	public void pointTo(int target) {
		this.target = target;
	}

	private static void daemon(Runnable task) {
		Thread thread = new Thread(task, "detour");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				Socket client = keep(this.server.accept());
				Socket there = keep(new Socket(InetAddress.getLoopbackAddress(), this.target));
				daemon(() -> copy(client, there));
				daemon(() -> copy(there, client));
			}
		}
		catch (IOException ex) {
			close();
		}
	}

	private Socket keep(Socket socket) {
		this.sockets.add(socket);
		return socket;
	}

	private void copy(Socket from, Socket to) {
		try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
			in.transferTo(out);
		}
		catch (IOException ex) {
			// The other side has left.
		}
		finally {
			this.sockets.remove(from);
		}
	}

	@Override
	public void close() {
		try {
			this.server.close();
			for (Socket socket : this.sockets) {
				socket.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
