package io.serverhardening.autoconfigure;

import io.serverhardening.response.PacedWebSockets;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.WebSocketHandlerAdapter;

/**
 * Has WebSockets paced, whether their handshakes are done by a service that is a bean, as
 * Spring Boot's and a gateway's are, or by one inside an adapter of the application's.
 */
final class WebSocketPacing implements BeanPostProcessor {

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebSocketService service && !(bean instanceof PacedWebSockets)) {
			return new PacedWebSockets(service);
		}
		if (bean.getClass() == WebSocketHandlerAdapter.class) {
			WebSocketHandlerAdapter adapter = (WebSocketHandlerAdapter) bean;
			if (!(adapter.getWebSocketService() instanceof PacedWebSockets)) {
				WebSocketHandlerAdapter paced = new WebSocketHandlerAdapter(
						new PacedWebSockets(adapter.getWebSocketService()));
				paced.setOrder(adapter.getOrder());
				return paced;
			}
		}
		return bean;
	}

}
