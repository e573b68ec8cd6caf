package io.serverhardening.sample;

import java.util.List;

import io.serverhardening.sample.simulator.Simulator;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/**
 * The back end.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class SampleApplication {

	/**
	 * Start the back end, or with {@code --simulate} the sender that tries it.
	 * @param args properties, such as {@code --server.port=9000}
	 */
	public static void main(String[] args) {
		if (List.of(args).contains("--simulate")) {
			Simulator.main(args);
			return;
		}
		SpringApplication.run(SampleApplication.class, args);
	}

}
