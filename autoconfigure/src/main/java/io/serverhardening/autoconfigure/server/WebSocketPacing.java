package io.serverhardening.autoconfigure.server;

import io.serverhardening.response.body.PacedHandshakes;
import io.serverhardening.response.body.PacedWebSockets;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.support.WebSocketHandlerAdapter;

/**
 * Has WebSockets paced, whether their handshakes are done by a service that is a bean, as
 * a gateway's are, or by one inside an adapter. A bean keeps its class: where it is
 * injected by that, the application would not start. One of a class of the application's
 * is left as it is, and paced inside the adapter that uses it.
 */
public final class WebSocketPacing implements BeanPostProcessor, AopInfrastructureBean {

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean.getClass() == HandshakeWebSocketService.class) {
			return new PacedHandshakes((HandshakeWebSocketService) bean);
		}
		if (bean.getClass() == WebSocketHandlerAdapter.class) {
			WebSocketHandlerAdapter adapter = (WebSocketHandlerAdapter) bean;
			WebSocketService service = adapter.getWebSocketService();
			if (!(service instanceof PacedHandshakes || service instanceof PacedWebSockets)) {
				WebSocketHandlerAdapter paced = new WebSocketHandlerAdapter(new PacedWebSockets(service));
				paced.setOrder(adapter.getOrder());
				return paced;
			}
		}
		return bean;
	}

}
