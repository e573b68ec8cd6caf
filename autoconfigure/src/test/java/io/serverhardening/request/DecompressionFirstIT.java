package io.serverhardening.request;

/**
 * A decompressor in front of what else the application has added.
 */
class DecompressionFirstIT extends DecompressionIT {

	DecompressionFirstIT() {
		super("first");
	}

}
