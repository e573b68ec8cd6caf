package io.serverhardening.request;

/**
 * A decompressor behind what else the application has added.
 */
class DecompressionLastIT extends DecompressionIT {

	DecompressionLastIT() {
		super("last");
	}

}
